package contest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"aws/cmd/awsbench/internal/spawn"
)

// nginxConfig follows nginx's documentation for static files: sendfile with
// tcp_nopush and an open_file_cache. It raises keepalive_requests, because the
// default of 1000 would end connections during a measurement.
var nginxConfig = template.Must(template.New("nginx").Parse(`worker_processes {{.Site.Workers}};
worker_rlimit_nofile {{.Site.Files}};
daemon off;
pid nginx.pid;
error_log stderr error;
events {
    worker_connections {{.Slots}};
}
http {
    access_log off;
    sendfile on;
    tcp_nopush {{if .Site.Parts}}off{{else}}on{{end}};
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    open_file_cache max={{.Cache}} inactive=60s;
    open_file_cache_valid 30s;
{{- if .AIO}}
    aio {{.AIO}};
    directio 4k;
    output_buffers 1 128k;
{{- end}}
    default_type application/octet-stream;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:{{.Site.Port}} backlog=4096;
        root {{.Site.Root}};
    }
}
`))

func launchNginx(binary string, s Site) (Launch, error) { return nginx(binary, s, "") }

// launchNginxDirect launches nginx for files that are not in the page cache. It
// reads them asynchronously with O_DIRECT, with the values of the example in
// its documentation. Debian builds nginx without Linux AIO ("aio on"), so it
// reads in its thread pool there.
func launchNginxDirect(binary string, s Site) (Launch, error) {
	built, err := spawn.CombinedOutput(exec.Command(binary, "-V"))
	if err != nil {
		return Launch{}, fmt.Errorf("nginx -V: %w", err)
	}
	aio := "threads"
	if strings.Contains(string(built), "--with-file-aio") {
		aio = "on"
	}
	return nginx(binary, s, aio)
}

func nginx(binary string, s Site, aio string) (Launch, error) {
	config, err := fill(nginxConfig, struct {
		Site  Site
		Slots int // nginx closes idle connections when only a sixteenth of these is free
		Cache int // open files, in addition to the connections
		AIO   string
	}{s, s.Connections * 9 / 8, max(64, s.Files-2*s.Connections), aio})
	return Launch{
		Args: []string{binary, "-p", s.Dir, "-e", "stderr", "-c", filepath.Join(s.Dir, "nginx.conf")},
		File: map[string]string{"nginx.conf": config},
	}, err
}
