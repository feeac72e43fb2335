//go:build cgo

package sockop

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// preloadedEnv is set in the process that TestPreloadSplits starts, itself with
// the preload library.
const preloadedEnv = "SOCKOP_TEST_PRELOADED"

// With the preload library, calls through libc are broken up, and raw calls are
// not.
func TestPreloadSplits(t *testing.T) {
	if os.Getenv(preloadedEnv) != "" {
		t.Run("libc", func(t *testing.T) { preloaded(t, Calls{Libc: true}, 500, 20, 30) })
		t.Run("raw", func(t *testing.T) { preloaded(t, Calls{}, 1000, 1000, 60) })
		return
	}
	library := compile(t, "preload/sockop_preload.c")
	self := children.Command(t, os.Args[0], "-test.run=^TestPreloadSplits$", "-test.v")
	self.Env = append(os.Environ(), "LD_PRELOAD="+library, preloadedEnv+"=1")
	out, err := self.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPreloadSplits/libc") {
		t.Errorf("with the preload library: %v\n%s", err, out)
	}
}

// preloaded asks for 1000 bytes, for 60, for 1 and for 0, and checks what each
// call moves.
func preloaded(t *testing.T, c Calls, sent, received, sentfile int) {
	near, far := pair(t)
	b := make([]byte, 1000)
	want(t, "send of 1000", sent, 0)(c.Send(near, b, 0))
	want(t, "recv of 1000", received, 0)(c.Recv(far, b))

	near, far = pair(t)
	file, _ := tempFile(t, 1000)
	off := int64(0)
	want(t, "sendfile of 60", sentfile, 0)(c.Sendfile(near, file, &off, 60, false))
	if off != int64(sentfile) {
		t.Errorf("offset %d, want %d", off, sentfile)
	}
	want(t, "sendfile of 1", 1, 0)(c.Sendfile(near, file, &off, 1, false))
	want(t, "send of 1", 1, 0)(c.Send(near, b[:1], 0))
	want(t, "recv of 1", 1, 0)(c.Recv(far, b[:1]))
	want(t, "send of 0", 0, 0)(c.Send(near, nil, 0))
	want(t, "recv of 0", 0, 0)(c.Recv(far, nil))
}

// An executable, as go build makes it, refers to libc's functions and to an
// io_submit that need not exist; a library that provides it gets the call.
func TestIoSubmitIsWeak(t *testing.T) {
	library := compile(t, "testdata/interpose/io_submit.c")
	for _, mode := range []string{"exe", "pie"} {
		t.Run(mode, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "iosubmit")
			run(t, children.Command(t, "go", "build", "-buildmode="+mode, "-o", program, "./testdata/iosubmit"))

			for name, weak := range map[string]bool{
				"send": false, "recv": false, "sendfile": false, "epoll_wait": false, "io_submit": true,
			} {
				if binding := undefined(t, program, name); (binding == elf.STB_WEAK) != weak {
					t.Errorf("%s: binding %v, want weak: %v", name, binding, weak)
				}
			}

			alone := children.Command(t, program)
			if got, want := run(t, alone), "1 -1 22\n2 -1 22\n3 -1 22\n4 -1 22\n"; got != want {
				t.Errorf("the kernel answered\n%swant EINVAL each time:\n%s", got, want)
			}
			interposed := children.Command(t, program)
			interposed.Env = append(os.Environ(), "LD_PRELOAD="+library)
			if got, want := run(t, interposed), "1 1 0\n2 -1 11\n3 -1 9\n4 -1 1\n"; got != want {
				t.Errorf("the library answered\n%swant 1 taken, EAGAIN, EBADF, EPERM:\n%s", got, want)
			}
		})
	}
}

// undefined returns the binding of a symbol that program imports.
func undefined(t *testing.T, program, name string) elf.SymBind {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == name })
	if i < 0 || symbols[i].Section != elf.SHN_UNDEF {
		t.Fatalf("%s: not an undefined symbol of the program", name)
	}
	return elf.ST_BIND(symbols[i].Info)
}

// compile builds a shared library from one C file, which has to compile without
// warnings.
func compile(t *testing.T, source string) (library string) {
	t.Helper()
	for _, tool := range []string{"gcc", "go"} {
		need(t, tool)
	}
	library = filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), ".c")+".so")
	run(t, children.Command(t, "gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", library, source, "-ldl"))
	return library
}

// need skips the test if the tool is missing, or in CI fails it.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		backendtest.Missing(t, err)
	}
}

// run runs a command and returns its output.
func run(t *testing.T, c *children.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", c, err, out)
	}
	return string(out)
}
