// 'aws explain': what each engine asks of the kernel for one request. The command
// starts aws once more for each engine, as a server that is watched, and asks it.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/backend/uring"
	"aws/cmd/aws/internal/explain"
	"aws/httpx"
	"aws/httpx/site"
)

// servesEngine is the environment variable that makes the command the server: it names
// the engine.
const servesEngine = "AWS_EXPLAIN_ENGINE"

// explainOptions are the flags of the command that a server does not have.
type explainOptions struct {
	method string
	fields []string
	cold   bool
	html   string
	json   bool
}

func newExplainCommand() *cobra.Command {
	opts, own := &options{}, &explainOptions{}
	cmd := &cobra.Command{
		Use:   "explain [flags] URL|PATH",
		Short: "show what each engine asks of the kernel for one request",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("want one URL or path to ask for, such as 'aws explain /static/a.txt'")}
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := own.request(args[0])
			if err != nil {
				return usageError{err}
			}
			engines := []string{"epoll-aio", "uring"}
			if limited := cmd.Flags().Changed("backend") && opts.backend != "auto"; limited {
				engines = []string{opts.backend}
			}
			if err := opts.settle(cmd.Flags()); err != nil || opts.checkOnly {
				return err
			}
			if engine := os.Getenv(servesEngine); engine != "" {
				return opts.serveWatched(engine)
			}
			return own.explain(opts, &request, engines)
		},
	}
	flags := newFlagSet(cmd.Flags())
	own.register(flags)
	opts.register(flags)
	completeFlags(cmd)
	_ = cmd.MarkFlagFilename("html", "html")
	_ = cmd.RegisterFlagCompletionFunc("method", cobra.FixedCompletions([]string{"GET", "HEAD"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{flagError(cmd.Flags(), err)} })
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { explainHelp(cmd.OutOrStdout(), flags) })
	return cmd
}

// register declares the flags that a server does not have.
func (o *explainOptions) register(f *flagSet) {
	f.group("The request", "aws explain --field='Range: bytes=0-9' /static/a.txt")
	f.VarP(parsed(&o.fields, parseField), "field", "H", "`'NAME: VALUE'` send this field (repeatable)")
	o.method = "GET"
	f.StringVar(&o.method, "method", o.method, "`METHOD` of the request")
	f.BoolVar(&o.cold, "cold", false, "drop the file from the page cache first, so that it comes from the disk")

	f.group("What is printed", "aws explain --html=explained.html /static/a.txt")
	f.StringVar(&o.html, "html", "", "`FILE` write a page with a time line instead; it needs no network")
	f.BoolVar(&o.json, "json", false, "print JSON")
}

// parseField checks a field of the request. What is in it is up to the user, who may
// want to see what becomes of it.
func parseField(text string) (string, error) {
	if !strings.Contains(text, ":") || strings.ContainsAny(text, "\r\n") {
		return "", errors.New("want 'NAME: VALUE', such as 'Range: bytes=0-9'")
	}
	return text, nil
}

// request is what is to be asked for.
func (o *explainOptions) request(url string) (r explain.Request, err error) {
	if r, err = explain.ParseURL(url); err != nil {
		return r, err
	}
	if o.method == "" || strings.ContainsFunc(o.method, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return r, fmt.Errorf("--method=%q: want a name, such as HEAD", o.method)
	}
	r.Method, r.Fields = o.method, o.fields
	return r, nil
}

// explain shows what the engines do for a request.
func (o *explainOptions) explain(opts *options, r *explain.Request, engines []string) error {
	var drop func() error
	if o.cold {
		paths, err := filesOf(r)
		if err != nil {
			return err
		}
		drop = func() error { return explain.Drop(paths) }
	}
	var runs []explain.Run
	for _, engine := range engines {
		if _, err := uring.Probe(opts.uringFeatures); engine == "uring" && err != nil {
			if len(engines) == 1 {
				return err
			}
			runs = append(runs, explain.Run{Engine: engine, Note: err.Error()})
			continue
		}
		run, err := explainBy(engine, r, drop)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		runs = append(runs, run)
	}
	return o.print(r, runs)
}

// explainBy has one engine serve a request.
func explainBy(engine string, r *explain.Request, drop func() error) (run explain.Run, err error) {
	run.Engine = engine
	s, err := explain.Open(watchedServer(engine))
	if err != nil {
		return run, err
	}
	defer s.Close()
	err = s.Serve(r, &run, func() {
		if drop == nil {
			return
		}
		if err := drop(); err != nil {
			run.Note = err.Error()
		}
	})
	explain.Describe(&run)
	return run, err
}

// filesOf returns the files that a request needs: it has a server open them.
func filesOf(r *explain.Request) ([]string, error) {
	s, err := explain.Open(watchedServer("epoll-aio"))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.Serve(r, &explain.Run{}, nil); err != nil {
		return nil, err
	}
	return s.Files()
}

// watchedServer is the command of a server with the settings of this one.
func watchedServer(engine string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), servesEngine+"="+engine)
	cmd.Stderr = os.Stderr
	return cmd
}

// print prints what the engines have done.
func (o *explainOptions) print(r *explain.Request, runs []explain.Run) (err error) {
	title := r.Method + " " + r.Target
	var text []byte
	switch {
	case o.html != "":
		if err := os.WriteFile(o.html, explain.Page(title, runs), 0o644); err != nil {
			return fmt.Errorf("%w; choose another file with --html=FILE", err)
		}
		text = []byte("aws: " + o.html + " is written\n")
	case o.json:
		text, err = explain.JSON(r, runs)
	default:
		p := inColour(os.Stdout)
		text = explain.Text(title, runs, columns(), p.bold, p.prefix, p.dim)
	}
	if err == nil {
		_, err = os.Stdout.Write(text) // all of it, however slowly it is read
	}
	return err
}

// columns is how wide the terminal is: helpWidth where there is none.
func columns() int {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return helpWidth
	}
	return int(size.Col)
}

// serveWatched is the server of an engine, for one client, until standard input ends.
func (o *options) serveWatched(name string) error {
	recorder := &explain.Recorder{}
	if err := o.serveTo(name, recorder); err != nil {
		explain.Fail(os.Stdout, err)
	}
	return nil
}

func (o *options) serveTo(name string, recorder *explain.Recorder) error {
	signal.Ignore(unix.SIGPIPE)
	o.workers, o.backend = 1, name
	if err := o.settleFiles(); err != nil {
		return err
	}
	engine, err := o.chooseEngine(o.logger)
	if err != nil {
		return err
	}
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		return err
	}
	defer listener.Close()
	site.LoadSystemTypes() // which the server does beside its first requests
	kernel.Watch(recorder)
	server, err := httpx.New(o.serverConfig(engine, o.logger), []*backend.Listener{listener})
	if err != nil {
		return o.folderAdvice(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run() }()
	return recorder.Serve(listener.Addr, ended, os.Stdin, os.Stdout)
}

// explainHelp prints the help of the command.
func explainHelp(out io.Writer, flags *flagSet) {
	fmt.Fprint(out, explainUsage)
	for _, g := range flags.grouped() {
		if g.title == "What to serve" { // from here on they are aws's own
			break
		}
		writeGroup(out, g)
	}
	fmt.Fprint(out, "\nThe flags of aws say what is served, from where and how: see 'aws --help'.\n")
}

const explainUsage = `Show what each engine asks of the kernel for one request: every system call
and every entry of a ring, in order, with its result, its time and a sentence.

Usage:
  aws explain [flags] URL|PATH

A server is started with each engine, and asked twice on one connection: what
the second request no longer needs is in the table of open files. --backend
takes one engine alone. On a terminal of 120 columns the engines stand side by
side.
`
