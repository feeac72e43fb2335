package backend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseListenAddress(t *testing.T) {
	for _, c := range []struct{ text, host, path, owner, group string }{
		{":80", "", "", "", ""},
		{"[::1]:0", "::1", "", "", ""},
		{"localhost:65535", "localhost", "", "", ""},
		{"unix:/a", "", "/a", "", ""},
		{"unix:@a", "", "@a", "", ""},
		{"unix:/a,,b,,", "", "/a,b,", "", ""},
		{"unix:/a,mode=0660,group=www,owner=33", "", "/a", "33", "www"},
		{"unix:/a,,,mode=0660", "", "/a,", "", ""},
	} {
		a, err := ParseListenAddress(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if a.host != c.host || a.path != c.path || a.owner != c.owner || a.group != c.group || (a.mode == 0o660) != strings.Contains(c.text, "mode=") {
			t.Errorf("%s: %+v", c.text, a)
		}
	}
	for text, want := range map[string]string{
		"":                                 "HOST:PORT",
		"80":                               "HOST:PORT",
		"a:b:80":                           "HOST:PORT",
		":http":                            `"http" is not a number`,
		":65536":                           "65536",
		"unix:":                            "unix:/path",
		"unix:@":                           "unix:/path",
		"unix:a\x00b":                      "NUL",
		"unix:" + strings.Repeat("a", 108): "107 bytes",
		"unix:/a,":                         `option ""`,
		"unix:/a,b":                        `option "b"`,
		"unix:/a,Mode=0660":                `option "Mode"`,
		"unix:/a,mode":                     "mode wants a value",
		"unix:/a,mode=":                    "mode wants a value",
		"unix:/a,group=":                   "group wants a value",
		"unix:/a,mode=0888":                "mode=0888: want permissions in octal",
		"unix:/a,mode=-1":                  "mode=-1: want",
		"unix:/a,mode=07777":               "mode=07777: want",
		"unix:/a,mode=0":                   "nobody could connect",
		"unix:/a,mode=0555":                "nobody could connect",
		"unix:/a,mode=0660,mode=0600":      "mode is given twice",
		"unix:@a,mode=0660":                "mode is for sockets with a path",
		":80,mode=0660":                    "mode is for unix sockets",
		":80,proxies=on":                   `option "proxies"`,
		":80,proxy=on":                     "proxy=on: want a network",
		":80,proxy=10.0.0.1/8":             "proxy=10.0.0.1/8: the network is 10.0.0.0/8",
		":80,proxy=::1,proxy=::1":          "proxy=::1 is given twice",
		":80,proxy":                        "proxy wants the network",
		":80,proxy=":                       "proxy=: want a network",
		":80,proxy=unix":                   "proxy=unix is for unix sockets",
		"unix:/a,proxy=10.0.0.0/8":         "proxy has no value on a unix socket",
		"unix:/a,proxy,proxy":              "proxy is given twice",
	} {
		if a, err := ParseListenAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want %q", text, a, err, want)
		}
	}
}

func TestListenersOfProxies(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:0": "[]", "127.0.0.1:0,proxy=10.0.0.0/8,proxy=::1": "[10.0.0.0/8 ::1/128]", "unix:@aws-" + t.Name() + ",proxy": "[unix]",
	} {
		l, err := Listen(text, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(l.Proxies); got != want || l.IsUnix() != strings.HasPrefix(text, "unix:") {
			t.Errorf("%s: %s, want %s; unix: %v", text, got, want, l.IsUnix())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func resolved(t *testing.T, texts ...string) (all []*ListenAddress) {
	t.Helper()
	for _, text := range texts {
		a, err := ParseListenAddress(text)
		if err == nil {
			err = a.Resolve()
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// Addresses clash as the kernel has it, whichever comes first.
func TestAddressesClash(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		clash bool
	}{
		{":80", ":80", true},
		{":80", "0.0.0.0:80", true},
		{":80", "[::]:80", true},
		{":80", "127.0.0.1:80", true},
		{":80", "[::1]:80", true},
		{"0.0.0.0:80", "127.0.0.1:80", true},
		{"[::]:80", "[::1]:80", true},
		{"127.0.0.1:80", "[::ffff:127.0.0.1]:80", true},
		{"0.0.0.0:80", "[::ffff:0.0.0.0]:80", true},
		{"unix:/a/b", "unix:/a/./c/../b,mode=0600", true},
		{"unix:@a", "unix:@a", true},
		{":80", ":81", false},
		{":0", ":0", false},
		{"0.0.0.0:80", "[::]:80", false},
		{"127.0.0.1:80", "[::]:80", false},
		{"0.0.0.0:80", "[::1]:80", false},
		{"127.0.0.1:80", "127.0.0.2:80", false},
		{"127.0.0.1:80", "[::1]:80", false},
		{"unix:/a", "unix:/b", false},
		{"unix:@a", "unix:a", false},
		{"unix:/80", ":80", false},
	} {
		pair := resolved(t, c.a, c.b)
		if pair[0].Clashes(pair[1]) != c.clash || pair[1].Clashes(pair[0]) != c.clash {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.clash)
		}
	}
}

// A socket that somebody else listens on stays, even if this process may not connect
// to it or not in this way.
func TestSocketsOfOthersStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if l, err := Listen("unix:"+path, 1); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

func TestTryWritesNothing(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"unix:" + dir + "/s,mode=0600", "127.0.0.1:0", ":0", "unix:@aws-test"} {
		if err := resolved(t, text)[0].Try(); err != nil {
			t.Error(err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("%v, %v", names, err)
	}
	for text, want := range map[string]error{"unix:" + dir: unix.EEXIST, "unix:/nowhere/s": unix.ENOENT, "192.0.2.1:0": unix.EADDRNOTAVAIL} {
		if err := resolved(t, text)[0].Try(); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	in, err := Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := resolved(t, in.Addr)[0].Try(); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("in use: %v", err)
	}
}
