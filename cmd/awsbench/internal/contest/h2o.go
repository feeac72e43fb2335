package contest

import (
	"os"
	"path/filepath"
	"text/template"
)

// h2oConfig: the defaults serve files well. The timeout is raised because
// http1-request-timeout, 10 s, is also that of idle connections.
var h2oConfig = template.Must(template.New("h2o").Parse(`listen:
  host: 127.0.0.1
  port: {{.Site.Port}}
num-threads: {{.Site.Workers}}
num-name-resolution-threads: 1
max-connections: {{.Site.Connections}}
http1-request-timeout: 75
{{- if .User}}
user: {{.User}}
{{- end}}
hosts:
  default:
    paths:
      "/":
        file.dir: {{.Site.Root}}
        file.dirlisting: OFF
        file.send-compressed: OFF
`))

// launchH2O keeps root for the server if awsbench is root. By itself h2o would
// become another user, and with that the kernel forgets that it is to end when
// awsbench does (PR_SET_PDEATHSIG, prctl(2)).
func launchH2O(binary string, s Site) (Launch, error) {
	name := ""
	if os.Geteuid() == 0 {
		name = "root"
	}
	config, err := fill(h2oConfig, struct {
		Site Site
		User string
	}{s, name})
	return Launch{
		Args: []string{binary, "-m", "worker", "-c", filepath.Join(s.Dir, "h2o.conf")},
		File: map[string]string{"h2o.conf": config},
	}, err
}
