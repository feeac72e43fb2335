//go:build !amd64

package proc

// archSyscalls: all calls are in the table that processors share.
var archSyscalls = map[string]int{}
