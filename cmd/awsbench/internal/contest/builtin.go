package contest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// BuiltinCommand is the hidden command of awsbench that serves as one of the
// compiled-in peers: `awsbench peer NAME ADDRESS ROOT`.
const BuiltinCommand = "peer"

var builtins = map[string]func(l net.Listener, root string) error{
	"net/http": serveNetHTTP,
	"fasthttp": serveFastHTTP,
}

// Builtins returns the compiled-in peers, which run as separate processes.
func Builtins() ([]Contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var found []Contestant
	for _, name := range []string{"net/http", "fasthttp"} {
		found = append(found, Contestant{
			Name: strings.ReplaceAll(name, "/", "-"), Version: builtinVersion(name),
			launch: func(s Site) (Launch, error) {
				return Launch{
					Args: []string{self, BuiltinCommand, name, fmt.Sprintf("127.0.0.1:%d", s.Port), s.Root},
					Env:  []string{goWorkers(s)},
				}, nil
			},
		})
	}
	return found, nil
}

// goWorkers sets the number of workers of a Go server that has no flag for it,
// as the number of threads that run Go code at the same time. By default Go
// would use one per available CPU, which without pinning means all.
func goWorkers(s Site) string { return fmt.Sprintf("GOMAXPROCS=%d", s.Workers) }

func builtinVersion(name string) string {
	if name == "fasthttp" {
		if info, ok := debug.ReadBuildInfo(); ok {
			i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == "github.com/valyala/fasthttp" })
			if i >= 0 {
				return info.Deps[i].Version + ", " + runtime.Version()
			}
		}
	}
	return runtime.Version()
}

// ServeBuiltin serves root as a compiled-in peer until the process ends.
func ServeBuiltin(name, address, root string) error {
	serve, known := builtins[name]
	if !known {
		return fmt.Errorf("no peer %q is compiled in", name)
	}
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	return serve(l, root)
}

func serveNetHTTP(l net.Listener, root string) error {
	s := &http.Server{
		Handler:           http.FileServer(http.Dir(root)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       75 * time.Second,
	}
	return s.Serve(l)
}

func serveFastHTTP(l net.Listener, root string) error {
	files := &fasthttp.FS{Root: root, AcceptByteRange: true, SkipCache: false}
	s := &fasthttp.Server{
		Handler:     files.NewRequestHandler(),
		IdleTimeout: 75 * time.Second,
		Concurrency: 1 << 18,
	}
	return s.Serve(l)
}
