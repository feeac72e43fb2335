package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	// reservedFiles and reservedPerLoop are for descriptors other than
	// connections and served files: standard streams, listeners, roots, and
	// some for each loop.
	reservedFiles   = 32
	reservedPerLoop = 16
	maxConnections  = 1 << 18
	maxOpenFiles    = 1 << 17
)

// settle raises the limit on open files and divides it between connections and
// served files.
func (o *options) settle() error {
	limit, err := raiseFileLimit()
	if err != nil {
		return fmt.Errorf("limit on open files: %w", err)
	}
	available := limit - reservedFiles - reservedPerLoop*o.workers
	if o.connections == 0 {
		// Half for connections. The other half allows each of them a file of
		// its own; most loads need far fewer files.
		o.connections = min(available/2, maxConnections)
	}
	o.openFiles = min(available-o.connections, maxOpenFiles)
	if o.connections < o.workers || o.openFiles < o.workers {
		return fmt.Errorf("--max-connections=%d is not possible with a limit of %d open files and %d workers; raise the limit (ulimit -n) or lower the numbers",
			o.connections, limit, o.workers)
	}
	return nil
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
