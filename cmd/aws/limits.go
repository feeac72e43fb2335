package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/cmd/aws/admin"
)

const (
	// reservedFiles and reservedPerLoop are for descriptors other than
	// connections and served files: standard streams, listeners, roots, and
	// some for each loop.
	reservedFiles   = 32
	reservedPerLoop = 16
	maxConnections  = 1 << 18
	commonFiles     = 1 << 16 // a limit that suits most servers
	maxOpenFiles    = 1 << 17
)

// settleFiles raises the limit on open files and divides it between connections and
// served files.
func (o *options) settleFiles() error {
	limit, err := raiseFileLimit()
	if err != nil {
		return fmt.Errorf("limit on open files: %w", err)
	}
	return o.divideFiles(limit)
}

// divideFiles divides a limit on open files. The error is a *backend.Refused.
func (o *options) divideFiles(limit int) error {
	own := reservedFiles + reservedPerLoop*o.workers
	if o.admin.address != nil {
		own += admin.Descriptors
	}
	least := own + max(o.connections, o.workers) + o.workers // a file and a connection for each loop
	if limit < least {
		asked := fmt.Sprintf("%d %s", o.workers, plural(o.workers, "worker", "workers"))
		if o.connections > 0 {
			asked += fmt.Sprintf(" and --max-connections=%d", o.connections)
		}
		return &backend.Refused{
			Err:    fmt.Errorf("the limit on open files is %d, too low for %s, which takes %d", limit, asked, least),
			Remedy: raiseFiles(max(own+2*o.connections, commonFiles)) + ", or ask for less",
		}
	}
	available := limit - own
	if o.connections == 0 {
		// Half for connections. The other half allows each of them a file of
		// its own; most loads need far fewer files.
		o.connections = min(available/2, maxConnections)
	}
	o.openFiles = min(available-o.connections, maxOpenFiles)
	return nil
}

// raiseFiles says how to get a limit of n open files.
func raiseFiles(n int) string {
	return fmt.Sprintf("raise it: 'ulimit -n %d' as root, LimitNOFILE=%[1]d for systemd, or --ulimit=nofile=%[1]d for docker", n)
}

// raiseFileLimit raises the soft limit on open files to the hard one and
// returns it.
func raiseFileLimit() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	if limit.Cur < limit.Max {
		raised := unix.Rlimit{Cur: limit.Max, Max: limit.Max}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return int(min(limit.Cur, 1<<30)), nil
}
