package contest

import (
	"path/filepath"
	"text/template"
)

// lighttpdConfig spells out the defaults epoll, sendfile and stat cache for the
// reader. It raises the limits on kept connections, because the defaults (1000
// requests, 5 s) would end connections during a measurement. lighttpd reserves
// half of its limit on open files for other things than connections.
var lighttpdConfig = template.Must(template.New("lighttpd").Parse(`server.bind = "127.0.0.1"
server.port = {{.Port}}
server.document-root = "{{.Root}}"
server.pid-file = "{{.Dir}}/lighttpd.pid"
server.errorlog = "{{.Dir}}/error.log"
server.event-handler = "linux-sysepoll"
server.network-backend = "sendfile"
server.stat-cache-engine = "simple"
server.max-fds = {{.Files}}
server.max-connections = {{.Connections}}
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 75
server.max-write-idle = 360
{{- if gt .Workers 1}}
server.max-worker = {{.Workers}}
{{- end}}
mimetype.assign = ( "" => "application/octet-stream" )
`))

func launchLighttpd(binary string, s Site) (Launch, error) {
	config, err := fill(lighttpdConfig, s)
	return Launch{
		Args: []string{binary, "-D", "-f", filepath.Join(s.Dir, "lighttpd.conf")},
		File: map[string]string{"lighttpd.conf": config},
	}, err
}
