package contest

import (
	"path/filepath"
	"text/template"
)

// caddyConfig turns off what serving files over HTTP/1.1 on loopback does not
// need: certificates, the administration port, HTTP/2 and 3.
var caddyConfig = template.Must(template.New("caddy").Parse(`{
	admin off
	auto_https off
	log {
		output discard
	}
	servers {
		protocols h1
	}
}
http://127.0.0.1:{{.Port}} {
	bind 127.0.0.1
	root * {{.Root}}
	file_server
}
`))

func launchCaddy(binary string, s Site) (Launch, error) {
	config, err := fill(caddyConfig, s)
	return Launch{
		Args: []string{binary, "run", "--adapter", "caddyfile", "--config", filepath.Join(s.Dir, "Caddyfile")},
		Env:  []string{goWorkers(s), "HOME=" + s.Dir, "XDG_DATA_HOME=" + s.Dir, "XDG_CONFIG_HOME=" + s.Dir},
		File: map[string]string{"Caddyfile": config},
	}, err
}
