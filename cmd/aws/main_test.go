// The end-to-end tests: they run the real binary as users do, and fetch from it
// with the tools that users have. They know the server only by its command line
// and its sockets.
//
// main_test.go builds the binary and lists the ways to run it; server_test.go
// starts and ends it; client_test.go speaks HTTP to it byte by byte;
// fixture_test.go has the files to serve; answer_test.go looks at whole answers
// through curl. Each of the other files tests one promise of the server.

package main_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// backends are the engines to test.
var backends = []string{"epoll-aio", "uring"}

// built are the files that TestMain builds. Without gcc, aws equals static and
// preload is empty.
var built struct {
	aws     string // as make builds it
	static  string // without cgo
	preload string // the library that breaks messages up
	refuse  string // testdata/refuse
}

// workDir holds the built and the served files. It is on a disk.
var workDir string

func TestMain(m *testing.M) {
	backendtest.ManyAtOnce()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if binary := os.Getenv(victimVariable); binary != "" {
		built.aws = binary
		return m.Run()
	}
	var err error
	if workDir, err = makeWorkDir(); err == nil {
		defer os.RemoveAll(workDir)
		err = build()
	}
	if err == nil {
		err = makeFixture()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// makeWorkDir avoids file systems in memory, whose files are never cold.
func makeWorkDir() (string, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(os.TempDir(), &fs); err == nil && fs.Type != unix.TMPFS_MAGIC {
		return os.MkdirTemp("", "aws-test-")
	}
	dir, err := os.MkdirTemp(".", ".tmp-") // the go command skips names with a dot
	if err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// builtVariable names the folder with what has been built, for tests that run in a
// process of their own.
const builtVariable = "AWS_TEST_BUILT"

func build() error {
	dir, ready := os.LookupEnv(builtVariable)
	if !ready {
		dir = workDir
	}
	built.aws = filepath.Join(dir, "aws")
	built.static = filepath.Join(dir, "aws-static")
	built.refuse = filepath.Join(dir, "refuse")
	commands := [][]string{
		{"go", "build", "-buildvcs=false", "-o", built.aws, "."},
		{"env", "CGO_ENABLED=0", "go", "build", "-buildvcs=false", "-o", built.static, "."},
		{"go", "build", "-buildvcs=false", "-o", built.refuse, "./testdata/refuse"},
	}
	if _, err := exec.LookPath("gcc"); err == nil {
		built.preload = filepath.Join(dir, "sockop_preload.so")
		commands = append(commands, []string{"gcc", "-shared", "-fPIC", "-O2", "-o", built.preload,
			"../../backend/sockop/preload/sockop_preload.c", "-ldl"})
	}
	if ready {
		return nil
	}
	for _, c := range commands {
		if out, err := children.CommandContext(context.Background(), c[0], c[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", c, err, out)
		}
	}
	return os.Setenv(builtVariable, dir)
}

// way is a way to run the server. Its answers are the same in each.
type way struct {
	name   string // "engine/way"
	binary string
	args   []string
	env    []string
	wrap   []string                  // the command that runs the server, such as valgrind
	needs  []string                  // tools
	says   []string                  // each line on stderr must contain one of these
	reads  func(io.Writer) io.Writer // what reads stderr, and passes it on; nil for nothing special

	ownTimeouts bool // start adds no long ones
}

// raw is the plain way with an engine.
func raw(backend string) way {
	return way{name: backend + "/raw", binary: built.aws, args: []string{"--backend=" + backend}}
}

// backend is the engine's name.
func (w way) backend() string { return filepath.Dir(w.name) }

// with is the way under another name, with further arguments.
func (w way) with(name string, args ...string) way {
	w.name = w.backend() + "/" + name
	w.args = slices.Concat(w.args, args)
	return w
}

// preloaded is the way with LD_PRELOAD, for the engine that then calls libc.
func preloaded() way {
	w := raw("epoll-aio").with("preload")
	w.env = []string{"LD_PRELOAD=" + built.preload}
	w.needs = []string{"gcc"}
	return w
}

// faulty is the way with --fault.
func faulty(backend, name, faults string) way {
	w := raw(backend).with(name, "--fault="+faults)
	w.says = []string{"WARNING: messages are being broken up"}
	return w
}

// eachWay runs a test in every way, in parallel.
func eachWay(t *testing.T, test func(*testing.T, way)) {
	t.Parallel()
	for _, backend := range backends {
		inWay(t, raw(backend), test)
		inWay(t, faulty(backend, "split", "split"), test)
		inWay(t, faulty(backend, "faults", "eagain=0.3,eintr=0.3,short=0.5,seed=4711"), test)
	}
	inWay(t, preloaded(), test)
}

// eachBackend runs a test on every engine.
func eachBackend(t *testing.T, test func(*testing.T, way)) {
	t.Parallel()
	for _, backend := range backends {
		inWay(t, raw(backend), test)
	}
}

func inWay(t *testing.T, w way, test func(*testing.T, way)) {
	t.Run(w.name, func(t *testing.T) {
		t.Parallel()
		needs(t, w.needs...)
		test(t, w)
	})
}

// eachServer runs a test in every way, against a server of the fixture.
func eachServer(t *testing.T, test func(*testing.T, *server)) {
	eachWay(t, func(t *testing.T, w way) { test(t, start(t, w, fixture)) })
}

// packages are the Debian packages that are not named after their tool.
var packages = map[string]string{"nc": "netcat-openbsd", "nm": "binutils", "setpriv": "util-linux", "prlimit": "util-linux", "nginx": "nginx-light"}

// needs reports a tool that is missing.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			name := packages[tool]
			if name == "" {
				name = tool
			}
			backendtest.Missing(t, fmt.Sprintf("%s is not installed; try: apt install %s", tool, name))
		}
	}
}
