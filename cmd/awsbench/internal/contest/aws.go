package contest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"aws/cmd/awsbench/internal/spawn"
)

// AWS returns the contestants that a build of aws offers: one per backend, and
// one per switch that trades something for speed. A backend that the kernel or
// the build refuses is missing. further are flags that all of them get, in which {dir} and
// so on are replaced as in ParseCustom.
func AWS(binary string, further ...string) (found []Contestant, missing []Missing, err error) {
	help, err := spawn.CombinedOutput(exec.Command(binary, "--help"))
	if err != nil || !strings.Contains(string(help), "--backend") {
		return nil, nil, fmt.Errorf("%s is not the asynchronous web server: %s", binary, strings.TrimSpace(string(help)))
	}
	version := versionOf(binary, []string{"version"})
	aws := func(name string, flags ...string) Contestant {
		return Contestant{Name: name, Version: version, AWS: true,
			launch: func(s Site) (Launch, error) {
				args := slices.Concat([]string{binary}, flags, awsFlags(s))
				for _, word := range further {
					args = append(args, s.expand(word))
				}
				return Launch{Args: args}, nil
			}}
	}
	found = []Contestant{aws("aws-epoll", "--backend=epoll-aio")}
	if strings.Contains(string(help), "--copy-below") {
		found = append(found, aws("aws-epoll-copy", "--backend=epoll-aio", "--copy-below=16KiB"))
	}
	if why := refusal(binary, "uring"); why != "" {
		return found, []Missing{{"aws-uring", why}}, nil
	}
	return append(found, aws("aws-uring", "--backend=uring")), nil, nil
}

// refusal returns the reason why aws does not start with a backend, or "".
func refusal(binary, backend string) string {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "--backend="+backend, "--listen=127.0.0.1:0", "--root="+os.TempDir(), "--mount=/=.", "--workers=1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	announced, err := cmd.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	if err := spawn.Start(cmd); err != nil {
		return err.Error()
	}
	// aws prints a line when it is up.
	n, _ := announced.Read(make([]byte, 1))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if n > 0 {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSpace(complaint.String()), "aws: ")
}

func awsFlags(s Site) []string {
	return []string{
		fmt.Sprintf("--listen=127.0.0.1:%d", s.Port),
		"--root=" + s.Root,
		fmt.Sprintf("--workers=%d", s.Workers),
		fmt.Sprintf("--max-connections=%d", s.Connections),
	}
}
