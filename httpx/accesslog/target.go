// Where lines go.

package accesslog

import (
	"errors"
	"io"
	"strings"
)

// Target is where lines go. The zero value is nowhere.
type Target struct {
	Path   string    // a file, a pipe or a device
	Stdout io.Writer // writes on the standard output, if they go there
	Syslog string    // /PATH of a unix socket, or HOST:PORT
}

// localSyslog is where a machine's own syslog daemon listens (syslog(3)).
const localSyslog = "/dev/log"

const wantTarget = "want a file, - for the standard output, syslog: with nothing, /PATH or HOST:PORT after it, or off"

// ParseTarget parses PATH, -, syslog:, syslog:/PATH, syslog:HOST:PORT or off.
func ParseTarget(s string, stdout io.Writer) (t Target, err error) {
	address, isSyslog := strings.CutPrefix(s, "syslog:")
	switch {
	case s == "off":
	case s == "":
		err = errors.New(wantTarget)
	case s == "-":
		t.Stdout = stdout
	case isSyslog && address == "":
		t.Syslog = localSyslog
	case isSyslog && !strings.HasPrefix(address, "/") && !strings.Contains(address, ":"):
		err = errors.New(wantTarget + ", such as syslog:192.0.2.1:514")
	case isSyslog:
		t.Syslog = address
	default:
		t.Path = s
	}
	return t, err
}

// IsFile says that lines go to what a path names, so it can be opened anew.
func (t Target) IsFile() bool { return t.Path != "" }

// Off says that there is no log.
func (t Target) Off() bool { return t == Target{} }

func (t Target) String() string {
	switch {
	case t.Syslog != "":
		return "syslog:" + t.Syslog
	case t.Stdout != nil:
		return "-"
	}
	return t.Path
}

func (t Target) sink() sink {
	switch {
	case t.Syslog != "":
		return newSyslog(t.Syslog)
	case t.Stdout != nil:
		return stream{t.Stdout}
	}
	return &file{path: t.Path, fd: -1}
}
