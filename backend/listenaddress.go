// Addresses to listen on, as operators write them: ADDRESS[,OPTION=VALUE…].
//
//	--listen ► ParseListenAddress ► Resolve ► Clashes, ShareFamilies ► listen.go, listenunix.go

package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ListenAddress is one address to listen on.
type ListenAddress struct {
	host string // as written; "" is all addresses, of both families
	port uint16
	ip   netip.Addr // after Resolve
	// only6 leaves IPv4 to another listener of the same port.
	only6 bool

	path         string      // of a unix socket, or "" for TCP; an abstract one begins with '@'
	mode         os.FileMode // its permissions; 0 for what the umask leaves
	owner, group string      // whom it belongs to, by name or number; "" for this process's own
	proxies      Networks    // see Listener.Proxies
	uid, gid     int         // the same after Resolve, or -1
}

var (
	// ErrUnknownHost says that a host cannot be resolved.
	ErrUnknownHost = errors.New("neither an address nor a known name")
	// ErrUnknownOwner says that this machine has no such user or group.
	ErrUnknownOwner = errors.New("not known on this machine")
)

// maxSocketPath is the length in bytes of the longest path of a unix socket: that of
// sun_path without its NUL (unix(7)).
const maxSocketPath = 107

// ParseListenAddress parses "HOST:PORT", with HOST an address, a name or empty (all
// addresses, IPv6 and IPv4), or "unix:/path". Options may follow, each after a comma;
// two commas stand for one that belongs to the address. An address takes proxy=NETWORK,
// several times; a unix socket takes proxy, mode=0660, owner=NAME and group=NAME. The
// errors name the option.
func ParseListenAddress(s string) (*ListenAddress, error) {
	address, options := cutOptions(s)
	a := &ListenAddress{uid: -1, gid: -1}
	path, isPath := strings.CutPrefix(address, "unix:")
	if isPath {
		a.path = path
		switch {
		case path == "" || path == "@":
			return nil, errors.New("want unix:/path")
		case strings.IndexByte(path, 0) >= 0 || len(path) > maxSocketPath:
			return nil, fmt.Errorf("the path of a socket has at most %d bytes, and no NUL", maxSocketPath)
		}
	} else {
		var err error
		if a.host, a.port, err = splitAddress(address); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{}
	for _, option := range options {
		key, value, hasValue := strings.Cut(option, "=")
		if key == proxyOption {
			if err := a.addProxy(value, hasValue); err != nil {
				return nil, err
			}
			continue
		}
		if seen[key] {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		seen[key] = true
		if err := a.set(key, value); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// cutOptions splits an address from its options, which begin at the first comma that
// is not doubled.
func cutOptions(s string) (address string, options []string) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != ',':
			address += s[i : i+1]
		case i+1 < len(s) && s[i+1] == ',':
			address += ","
			i++
		default:
			return address, strings.Split(s[i+1:], ",")
		}
	}
	return address, nil
}

// set sets an option.
func (a *ListenAddress) set(key, value string) error {
	switch key {
	case "mode", "owner", "group":
	default:
		return fmt.Errorf("unknown option %q after a comma: want proxy, mode=, owner= or group=; a comma in a path is written twice", key)
	}
	switch {
	case a.path == "":
		return fmt.Errorf("%s is for unix sockets: 'unix:/path,%s=%s'", key, key, value)
	case a.path[0] == '@':
		return fmt.Errorf("%s is for sockets with a path; an abstract one has no permissions", key)
	case value == "":
		return fmt.Errorf("%s wants a value, such as mode=0660 or group=www-data", key)
	}
	switch key {
	case "owner":
		a.owner = value
	case "group":
		a.group = value
	case "mode":
		bits, err := strconv.ParseUint(value, 8, 16)
		switch {
		case err != nil || bits > 0o777:
			return fmt.Errorf("mode=%s: want permissions in octal, such as 0660", value)
		case bits&0o222 == 0:
			return fmt.Errorf("mode=%s: nobody could connect, since that takes the permission to write; want 0660 or the like", value)
		}
		a.mode = os.FileMode(bits)
	}
	return nil
}

const proxyOption = "proxy"

// addProxy adds a network of proxies, or says that a unix socket is for them.
func (a *ListenAddress) addProxy(value string, hasValue bool) error {
	if a.IsPath() != !hasValue {
		if a.IsPath() {
			return errors.New("proxy has no value on a unix socket: whoever may connect is a proxy")
		}
		return errors.New("proxy wants the network that the proxies are in: proxy=10.0.0.0/8")
	}
	n := Network{}
	if hasValue {
		var err error
		switch n, err = ParseNetwork(value); {
		case err != nil:
			return fmt.Errorf("proxy=%s: %w", value, err)
		case n.IsUnix():
			return errors.New("proxy=unix is for unix sockets: 'unix:/path,proxy'")
		}
	}
	if slices.Contains(a.proxies, n) {
		return fmt.Errorf("%s is given twice", strings.TrimSuffix(proxyOption+"="+value, "="))
	}
	a.proxies = append(a.proxies, n)
	return nil
}

// splitAddress splits "HOST:PORT".
func splitAddress(addr string) (host string, port uint16, err error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, errors.New("want HOST:PORT, :PORT or unix:/path")
	}
	number, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("port %q is not a number from 0 to 65535", portText)
	}
	return host, uint16(number), nil
}

// resolveTime bounds how long a name server may take.
const resolveTime = 5 * time.Second

// Resolve looks up the names in an address: those of a host, an owner and a group.
// Its error wraps ErrUnknownHost or ErrUnknownOwner.
func (a *ListenAddress) Resolve() (err error) {
	if a.path != "" {
		return a.resolveOwner()
	}
	if a.host == "" {
		a.ip = netip.IPv6Unspecified()
		return nil
	}
	if a.ip, err = netip.ParseAddr(a.host); err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
		defer cancel()
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", a.host)
		if err != nil || len(ips) == 0 {
			return fmt.Errorf("host %q is %w", a.host, ErrUnknownHost)
		}
		a.ip = ips[0]
	}
	a.ip = a.ip.Unmap()
	return nil
}

func (a *ListenAddress) resolveOwner() error {
	number := func(option, name string, look func(string) (string, error)) (int, error) {
		if name == "" {
			return -1, nil
		}
		text := name
		if _, err := strconv.ParseUint(name, 10, 31); err != nil {
			if text, err = look(name); err != nil {
				return -1, fmt.Errorf("%s=%s is %w", option, name, ErrUnknownOwner)
			}
		}
		return strconv.Atoi(text)
	}
	var err, err2 error
	a.uid, err = number("owner", a.owner, func(name string) (string, error) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return u.Uid, nil
	})
	a.gid, err2 = number("group", a.group, func(name string) (string, error) {
		g, err := user.LookupGroup(name)
		if err != nil {
			return "", err
		}
		return g.Gid, nil
	})
	return errors.Join(err, err2)
}

// String is the address as clients know it, without its options.
func (a *ListenAddress) String() string {
	if a.IsPath() {
		return "unix:" + a.path
	}
	return net.JoinHostPort(a.host, strconv.Itoa(int(a.port)))
}

// Port is the port of TCP: 0 where the kernel chooses one, and for a unix socket.
func (a *ListenAddress) Port() int { return int(a.port) }

// IsPath says that this is the address of a unix socket.
func (a *ListenAddress) IsPath() bool { return a.path != "" }

// IsLocal says that only processes of this machine reach a resolved address.
func (a *ListenAddress) IsLocal() bool { return a.IsPath() || a.ip.IsLoopback() }

// IsAll says that it is all addresses of a family, or of both.
func (a *ListenAddress) IsAll() bool { return !a.IsPath() && (a.all4() || a.all6()) }

// all4 and all6 say that an address is all those of a family.
func (a *ListenAddress) all4() bool { return a.host == "" || a.ip == netip.IPv4Unspecified() }
func (a *ListenAddress) all6() bool {
	return a.host == "" || a.ip.WithZone("") == netip.IPv6Unspecified()
}

// Clashes says that the kernel would not let a process listen on both addresses.
// Both are resolved.
func (a *ListenAddress) Clashes(b *ListenAddress) bool {
	if a.IsPath() || b.IsPath() {
		return a.IsPath() && b.IsPath() && absolute(a.path) == absolute(b.path)
	}
	switch {
	case a.port != b.port || a.port == 0: // for 0 the kernel chooses a free one
		return false
	case a.all4() && (b.all4() || b.ip.Is4()) || b.all4() && a.ip.Is4():
		return true
	case a.all6() && (b.all6() || b.ip.Is6()) || b.all6() && a.ip.Is6():
		return true
	}
	return a.ip == b.ip
}

// absolute is one name for a path, unless links or mounts give it others.
func absolute(path string) string {
	if path[0] != '@' {
		if full, err := filepath.Abs(path); err == nil {
			return full
		}
	}
	return path
}

// ShareFamilies has each "[::]:PORT" leave IPv4 alone if another address wants that
// for the same port. Alone it takes both, as ":PORT" always does. All are resolved.
func ShareFamilies(all []*ListenAddress) {
	for _, a := range all {
		for _, b := range all {
			if !a.IsPath() && !b.IsPath() && a.host != "" && a.all6() && a.port != 0 && a.port == b.port && b.ip.Is4() {
				a.only6 = true
			}
		}
	}
}
