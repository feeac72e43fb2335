package contest

import (
	"fmt"
	"os/exec"
	"strings"
)

// AWS returns the contestants that a build of aws allows: one for each
// backend, and one for each switch that trades something for speed.
func AWS(binary string) ([]Contestant, error) {
	help, err := exec.Command(binary, "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(help), "--backend") {
		return nil, fmt.Errorf("%s is not the asynchronous web server: %s", binary, strings.TrimSpace(string(help)))
	}
	version := versionOf(binary, []string{"version"})
	aws := func(name string, flags ...string) Contestant {
		return Contestant{Name: name, Version: version, AWS: true,
			launch: func(s Site) (Launch, error) {
				return Launch{Args: append(append([]string{binary}, flags...), awsFlags(s)...)}, nil
			}}
	}
	found := []Contestant{aws("aws-epoll", "--backend=epoll-aio")}
	if strings.Contains(string(help), "--copy-below") {
		found = append(found, aws("aws-epoll-copy", "--backend=epoll-aio", "--copy-below=16KiB"))
	}
	return append(found, aws("aws-uring", "--backend=uring")), nil
}

func awsFlags(s Site) []string {
	return []string{
		fmt.Sprintf("--listen=127.0.0.1:%d", s.Port),
		"--root=" + s.Root,
		fmt.Sprintf("--workers=%d", s.Workers),
	}
}
