// Package auth says whether a client may have what a password protects: HTTP's
// Basic authentication (RFC 7617) with the users of htpasswd files.
//
//	Authorization ► ParseBasic ► user, password ─┐
//	htpasswd file ► Open, Look ► Users ──────────┴► Checker.Claim ► Known? ► 0
//	                                                                └► Check: a hash, on a goroutine
//
//	basic.go      what a client sends
//	htpasswd.go   a file's lines
//	hash.go       the hashes in them: bcrypt and argon2id
//	file.go       a file that may change
//	checker.go    checks passwords, few at a time
//	remembered.go those that were right
//
// A hash takes tenths of a second by design, so no loop computes one. What was right
// is remembered for some minutes, so only the first request of a client waits.
package auth

import "time"

var start = time.Now()

// now is the time in nanoseconds since the start of the process.
func now() int64 { return int64(time.Since(start)) }
