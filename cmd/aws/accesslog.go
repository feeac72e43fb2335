// The access log: its flags, what is wrong with them, and its start and end. Package
// accesslog has the rest.

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx"
	"aws/httpx/accesslog"
)

// accessLogOptions are the flags of the access log.
type accessLogOptions struct {
	to     logTargetValue
	format logFormatValue
	only   logFilterValue
	sample int
}

func (o *accessLogOptions) register(f *flagSet) {
	o.format = logFormatValue{name: "combined"}
	f.Var(&o.to, "access-log", "`PATH` a file for a line about each request; - for the standard output, syslog:, syslog:/PATH or syslog:HOST:PORT, off; SIGUSR1 opens the file anew")
	f.Var(&o.format, "access-log-format", "`FORMAT` common, combined, json, json:FIELD,FIELD or a template such as '$client $status $bytes' ('aws help log')")
	f.Var(&o.only, "access-log-only", "`FILTER` log what it holds for, such as 'status>=400 || duration>2s' ('aws help log')")
	f.IntVar(&o.sample, "access-log-sample", 1, "`N` log one request of N, and besides all that end in an error")
}

// logTargetValue is --access-log.
type logTargetValue struct{ target accesslog.Target }

func (v *logTargetValue) Type() string { return "path" }
func (v *logTargetValue) String() string {
	if v.target.Off() {
		return "off"
	}
	return v.target.String()
}
func (v *logTargetValue) Set(s string) (err error) {
	v.target, err = accesslog.ParseTarget(s, stdout.direct())
	return err
}

// logFormatValue is --access-log-format.
type logFormatValue struct {
	name   string
	format *accesslog.Format // nil for the default
}

func (v *logFormatValue) Type() string   { return "format" }
func (v *logFormatValue) String() string { return v.name }
func (v *logFormatValue) Set(s string) (err error) {
	v.name = s
	v.format, err = accesslog.ParseFormat(s)
	return err
}

// logFilterValue is --access-log-only.
type logFilterValue struct{ filter *accesslog.Filter }

func (v *logFilterValue) Type() string   { return "filter" }
func (v *logFilterValue) String() string { return "" }
func (v *logFilterValue) Set(s string) (err error) {
	v.filter, err = accesslog.ParseFilter(s)
	return err
}

// checkAccessLog checks what stands by itself.
func (o *options) checkAccessLog() {
	if o.accessLog.sample < 1 {
		o.wrong("access-log-sample", "want 1 or more: one request of so many is logged")
	}
	if !o.accessLog.to.target.Off() {
		return
	}
	for _, name := range []string{"access-log-format", "access-log-only", "access-log-sample"} {
		if o.has(name) {
			o.odd(name, "has no effect without --access-log")
		}
	}
}

// checkAccessLogFile reports whether the file can be written, without making it.
func (o *options) checkAccessLogFile() {
	to := o.accessLog.to.target
	if !to.IsFile() {
		return
	}
	err := unix.Access(to.Path, unix.W_OK)
	var stat unix.Stat_t
	switch {
	case errors.Is(err, unix.ENOENT):
		err = unix.Access(filepath.Dir(to.Path), unix.W_OK|unix.X_OK)
	case err == nil && unix.Stat(to.Path, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFDIR:
		err = unix.EISDIR
	}
	if err != nil {
		o.problems.refuse(whereIs(o.settings.given, -1, "access-log", to.Path), "%v", accessLogAdvice(fmt.Errorf("open %s: %w", to.Path, err)))
	}
}

// accessLogAdvice adds what to do about a log that cannot be opened.
func accessLogAdvice(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("%w; make its folder, or choose another file with --access-log=PATH", err)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; give this user access to it and its folder, or choose another file with --access-log=PATH", err)
	}
	return fmt.Errorf("%w; choose a file with --access-log=PATH, or leave it out", err)
}

// openAccessLog opens the log, if there is to be one, and makes it the server's.
func (o *options) openAccessLog(c *httpx.Config, engine string, listeners []*backend.Listener, logger *slog.Logger) (*accesslog.Log, error) {
	if o.accessLog.to.target.Off() {
		return nil, nil
	}
	format := o.accessLog.format.format
	if format == nil {
		format, _ = accesslog.ParseFormat(o.accessLog.format.name)
	}
	names := accesslog.Names{Engine: engine}
	for _, l := range listeners {
		names.Listeners = append(names.Listeners, l.Addr)
	}
	for _, s := range o.served {
		name := "default"
		if len(s.Hosts) > 0 {
			name = s.Hosts[0]
		}
		names.Sites = append(names.Sites, name)
	}
	log, err := accesslog.Open(accesslog.Config{
		To: o.accessLog.to.target, Format: format, Only: o.accessLog.only.filter, Sample: o.accessLog.sample,
		Names: names, Loops: o.workers, Log: logger,
	})
	if err != nil {
		return nil, accessLogAdvice(fmt.Errorf("access log: %w", err))
	}
	c.LogTo(log, format.Needs())
	return log, nil
}

// closeAccessLog writes what is left of the log, if there is one. The server has ended.
func closeAccessLog(log *accesslog.Log, logger *slog.Logger) {
	if log == nil {
		return
	}
	if lost := log.Close(); lost > 0 {
		logger.Warn("the end of the access log could not be written", "lines", lost)
	}
}
