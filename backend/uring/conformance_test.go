package uring_test

import (
	"testing"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/uring"
)

// engine opens an engine that does without the named features.
func engine(t *testing.T, without string) func(backend.Options) (backend.Backend, error) {
	features := uring.AllFeatures()
	if without != "" {
		if err := features.Disable(without); err != nil {
			t.Fatal(err)
		}
	}
	return func(opts backend.Options) (backend.Backend, error) {
		return uring.Open(opts, uring.Options{Features: features})
	}
}

func TestConformance(t *testing.T) {
	backendtest.RunSockets(t, engine(t, ""))
}

// TestConformanceWithout runs the suite without each feature and without any, as
// on older kernels.
func TestConformanceWithout(t *testing.T) {
	names := uring.FeatureNames()
	if testing.Short() {
		names = nil // all of them off must do
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { backendtest.Plain(t, backendtest.Sockets(backendtest.TCP, engine(t, name))) })
	}
	t.Run("all", func(t *testing.T) { backendtest.Plain(t, backendtest.Sockets(backendtest.TCP, engine(t, "all"))) })
}

// TestConformanceZeroCopy runs it with SEND_ZC for everything sent from memory.
// It leaves out a test that goes on with a connection whose send was cancelled:
// to cancel a zero-copy send breaks the connection.
func TestConformanceZeroCopy(t *testing.T) {
	open := func(opts backend.Options) (backend.Backend, error) {
		return uring.Open(opts, uring.Options{Features: uring.AllFeatures(), ZeroCopyAbove: 1})
	}
	backendtest.Plain(t, backendtest.Sockets(backendtest.TCP, open), "Cancel/ParkedSendFile")
	// Unix sockets have no zero-copy send: the engine copies.
	backendtest.Plain(t, backendtest.Sockets(backendtest.Unix, open))
}

// TestConformanceCramped runs it with rings that are always full: of submissions,
// so that they go to the kernel in the middle of a batch; of completions, so that
// the kernel keeps what overflows; and of receive buffers, so that a recv finds
// none.
func TestConformanceCramped(t *testing.T) {
	cramped := uring.Options{Features: uring.AllFeatures(), Entries: 2, RecvBuffers: 1}
	backendtest.Plain(t, backendtest.Sockets(backendtest.TCP, func(opts backend.Options) (backend.Backend, error) {
		return uring.Open(opts, cramped)
	}))
}
