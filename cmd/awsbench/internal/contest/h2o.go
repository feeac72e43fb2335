package contest

import (
	"path/filepath"
	"text/template"
)

// h2oConfig: the defaults serve files well. The timeout is raised because
// http1-request-timeout, 10 s, is also that of idle connections.
var h2oConfig = template.Must(template.New("h2o").Parse(`listen:
  host: 127.0.0.1
  port: {{.Port}}
num-threads: {{.Workers}}
num-name-resolution-threads: 1
max-connections: {{.Connections}}
http1-request-timeout: 75
hosts:
  default:
    paths:
      "/":
        file.dir: {{.Root}}
        file.dirlisting: OFF
        file.send-compressed: OFF
`))

func launchH2O(binary string, s Site) (Launch, error) {
	config, err := fill(h2oConfig, s)
	return Launch{
		Args: []string{binary, "-m", "worker", "-c", filepath.Join(s.Dir, "h2o.conf")},
		File: map[string]string{"h2o.conf": config},
	}, err
}
