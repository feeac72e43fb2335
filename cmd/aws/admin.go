// The admin address: its flags, what is wrong with them, and its start. Package admin
// serves it.

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	"aws/backend"
	"aws/cmd/aws/admin"
	"aws/httpx"
	"aws/httpx/accesslog"
	"aws/httpx/stats"
)

// adminOptions are what is set of the admin address.
type adminOptions struct {
	listen   string
	profiles bool

	address *backend.ListenAddress // nil if there is none, or it cannot be used
}

// register declares the flags.
func (o *adminOptions) register(f *flagSet) {
	f.group("Watching it", "aws --admin=127.0.0.1:9888")
	f.StringVar(&o.listen, "admin", "", "`ADDR` show at this address how the server does: a live page, /metrics, /healthz, /readyz (default: nowhere)")
	f.BoolVar(&o.profiles, "admin-pprof", false, "show profiles of the process there, too, for 'go tool pprof'")
}

// Advice on what to choose in place of an address that cannot be had.
const (
	listenExample = "--listen=:PORT"
	adminExample  = "--admin=127.0.0.1:PORT"
)

// checkAdmin parses the admin address.
func (o *options) checkAdmin() {
	a := &o.admin
	if a.listen == "" {
		if a.profiles {
			o.odd("admin-pprof", "has no effect without --admin")
		}
		return
	}
	where := o.whereAdmin()
	if a.address = o.parseListen(where, a.listen, adminExample); a.address == nil {
		return
	}
	for i, other := range o.addresses {
		if other != nil && a.address.Clashes(other) {
			o.problems.usage(where, "clashes with %s: both want the same address; choose another one with %s", whereIs(o.settings.given, i, "listen", o.listen[i]), adminExample)
		}
	}
	if !a.address.IsLocal() {
		o.problems.warn(where, "others than this machine can reach that address, and see what is asked for; 127.0.0.1:PORT, [::1]:PORT and unix:/path are for this machine alone")
	}
}

func (o *options) whereAdmin() string { return whereIs(o.settings.given, -1, "admin", o.admin.listen) }

// startAdmin begins to serve the admin address. It returns nil if there is none.
func (o *options) startAdmin(e engine, logger *slog.Logger) (*admin.Server, error) {
	a := o.admin.address
	if a == nil {
		return nil, nil
	}
	l, err := a.Listen(1)
	if err != nil {
		return nil, listenAdvice(a, adminExample, err)
	}
	s, err := admin.Start(admin.Config{
		Hosts: adminHosts(a), Profiles: o.admin.profiles, Open: e.open, Log: logger.With("server", "admin"),
	}, l)
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("--admin=%s: %w", o.admin.listen, err)
	}
	return s, nil
}

// adminHosts are the hosts that requests for the admin address may name: the loopback's
// and its own. If that is all addresses of the machine, they are its own.
func adminHosts(a *backend.ListenAddress) []string {
	hosts := []string{"localhost", "127.0.0.1", "[::1]"}
	add := func(host string) {
		if strings.Contains(host, ":") {
			host = "[" + strings.Trim(host, "[]") + "]"
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	switch {
	case a.IsPath():
	case a.IsAll():
		for _, ip := range machineAddresses() {
			add(ip.String())
		}
	default:
		host, _, _ := net.SplitHostPort(a.String())
		add(host)
	}
	return hosts
}

// shownServer is the server as the admin address tells of it: with what has become of the
// lines of its logs.
type shownServer struct {
	*httpx.Server
	log *accesslog.Log // nil if there is none
}

func (s shownServer) Snapshot(ctx context.Context) (stats.Snapshot, error) {
	snapshot, err := s.Server.Snapshot(ctx)
	if s.log != nil {
		snapshot.Logs.Access, snapshot.Logs.AccessDropped = s.log.Written(), s.log.Dropped()
	}
	snapshot.Logs.Dropped = stdout.lost.Load() + stderr.lost.Load()
	return snapshot, err
}
