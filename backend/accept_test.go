package backend

import (
	"testing"

	"golang.org/x/sys/unix"
)

// An error that concerns one connection begins a pause only if it repeats without
// end; then each try begins another one, until one succeeds.
func TestAcceptPause(t *testing.T) {
	var p AcceptPause
	for i := 1; i < acceptRepeats; i++ {
		if p.Failed(unix.EPERM) {
			t.Fatalf("a pause after %d errors", i)
		}
	}
	if p.Failed(unix.ECONNABORTED) || p.Active() {
		t.Error("a pause after another error")
	}
	for range acceptRepeats {
		p.Failed(unix.EPERM)
	}
	if !p.Active() {
		t.Error("no pause though the error repeats")
	}
	p.End()
	if !p.Failed(unix.EPERM) {
		t.Error("no pause after another try")
	}
	p.End()
	p.Succeeded()
	if p.Failed(unix.EPERM) {
		t.Error("a pause after a success")
	}
	if !p.Failed(unix.EMFILE) {
		t.Error("no pause at a limit")
	}
}
