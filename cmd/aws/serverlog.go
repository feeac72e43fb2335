// The server's own log, on stderr: how it is written, and from which level on.

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// serverLogOptions are the flags of the server's log.
type serverLogOptions struct {
	format string
	level  slog.Level
}

func (o *serverLogOptions) register(f *flagSet) {
	f.Var(choice(&o.format, "text", "json"), "log-format", "`text|json` how the server writes its own log, on stderr")
	f.Var(choiceOf(&o.level, logLevels, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError), "log-level",
		"`LEVEL` write this and what is worse: debug, info, warn or error")
}

var logLevels = []string{"debug", "info", "warn", "error"}

// logger makes the log. What the process says by itself goes there, too, if programs are to
// read it.
func (o *serverLogOptions) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: o.level}
	if o.format == "json" {
		logger := slog.New(slog.NewJSONHandler(stderr, options))
		stderr.log.Store(logger)
		return logger
	}
	return slog.New(slog.NewTextHandler(stderr, options))
}

// warn says something to whoever has started the server.
func warn(format string, args ...any) {
	say(slog.LevelWarn, fmt.Sprintf(format, args...))
}

// say says it on stderr: in a line for people, or one of the log if that is for programs.
func say(level slog.Level, text string) {
	if logger := stderr.log.Load(); logger != nil {
		for line := range strings.Lines(text) {
			logger.Log(context.Background(), level, strings.TrimPrefix(strings.TrimSpace(line), "aws: "))
		}
		return
	}
	fmt.Fprintln(stderr, "aws:", text)
}
