package contest

import (
	"os"
	"path/filepath"
	"text/template"
)

// h2oConfig keeps most defaults, which serve files well. It raises
// http1-request-timeout, because the default of 10 s also ends idle connections.
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

// launchH2O keeps h2o running as root if awsbench does. By default h2o would
// change its user, which clears the signal that ends it together with awsbench
// (PR_SET_PDEATHSIG, prctl(2)).
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
