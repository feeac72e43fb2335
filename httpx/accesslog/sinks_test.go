package accesslog

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// Targets are what they are written as, and others are refused.
func TestTargets(t *testing.T) {
	for s, want := range map[string]string{
		"off": "", "-": "-", "a/b": "a/b", "/a": "/a", "syslog:": "syslog:/dev/log", "syslog:/a": "syslog:/a", "syslog:a:514": "syslog:a:514", "syslog:[::1]:514": "syslog:[::1]:514",
		"": "error", "syslog:a": "error",
	} {
		to, err := ParseTarget(s, io.Discard)
		got := to.String()
		if err != nil {
			got = "error"
		}
		if got != want || to.Off() != (want == "" || err != nil) || to.IsFile() != (got == "a/b" || got == "/a") {
			t.Errorf("%q: %q, %v, want %q", s, got, err, want)
		}
	}
}

// A file that is begun with half a line goes on with a new one.
func TestHalfALineIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct{ before, want string }{{"", "a\n"}, {"b\n", "b\na\n"}, {"b\nc", "b\nc\na\n"}} {
		if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		f := &file{path: path, fd: -1}
		if _, err := f.open(); err != nil {
			t.Fatal(err)
		}
		if n, err := f.write([]byte("a\n")); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		f.close()
		if got, err := os.ReadFile(path); string(got) != c.want {
			t.Errorf("%q and %v, want %q", got, err, c.want)
		}
	}
}

// A full disk is told, and what has been written of a line is not lost.
func TestFullDisk(t *testing.T) {
	f := &file{path: "/dev/full", fd: -1}
	defer f.close()
	if n, err := f.write([]byte("a\n")); n != 0 || !errors.Is(err, unix.ENOSPC) {
		t.Error(n, err)
	}
}

// A FIFO without a reader is none yet. With one that does not read, it takes what fits.
func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &file{path: path, fd: -1}
	defer f.close()
	if n, err := f.write([]byte("a\n")); n != 0 || !errors.Is(err, unix.ENXIO) {
		t.Fatal(n, err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	much := []byte(strings.Repeat("x", 1<<20))
	n, err := f.write(much)
	if n == 0 || n == len(much) || err != errBusy {
		t.Fatal(n, err)
	}
	if got, err := io.ReadFull(reader, make([]byte, n)); got != n {
		t.Fatal(got, err)
	}
	if n, err := f.write([]byte("a\n")); n != 2 || err != nil {
		t.Error(n, err)
	}
}

// Each line is a message of RFC 3164. When the daemon comes back, lines go there again.
func TestSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	listen := func() *net.UnixConn {
		_ = os.Remove(path)
		daemon, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		_ = daemon.SetReadDeadline(children.Deadline(t))
		return daemon
	}
	s := newSyslog(path)
	defer s.close()
	if _, err := s.open(); err != nil { // it may come later
		t.Fatal(err)
	}
	if n, err := s.write([]byte("a\n")); n != 0 || !errors.Is(err, unix.ENOENT) {
		t.Fatal(n, err)
	}
	message := func(from net.PacketConn) string {
		b := make([]byte, 100)
		n, _, err := from.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	for range 2 {
		daemon := listen()
		if n, err := s.write([]byte("a\nb c\n")); n != 6 || err != nil {
			t.Fatal(n, err)
		}
		for _, line := range []string{"a", "b c"} {
			got := message(daemon)
			if !strings.HasPrefix(got, "<190>") || !strings.HasSuffix(got, "]: "+line) || got[len("<190>Nov 27 09:05:03"):][:5] != " aws[" {
				t.Errorf("%q", got)
			}
		}
		_ = daemon.Close()
		if n, err := s.write([]byte("c\n")); n != 0 || err == nil {
			t.Error(n, err)
		}
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	_ = udp.SetReadDeadline(children.Deadline(t))
	host, _ := os.Hostname()
	remote := newSyslog(udp.LocalAddr().String())
	defer remote.close()
	if n, err := remote.write([]byte("a\n")); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if got := message(udp); !strings.Contains(got, " "+host+" aws[") {
		t.Errorf("%q", got)
	}
}
