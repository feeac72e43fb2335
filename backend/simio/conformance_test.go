package simio_test

import (
	"testing"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/simio"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// adapt opens engines with faults p for the suite.
func adapt(seed uint64, p simio.Probabilities) backendtest.Open {
	return func(_ *testing.T, opts backend.Options) backendtest.Env {
		e := simio.Open(opts, seed, p)
		return backendtest.Env{
			Backend:   e,
			Listeners: 2,
			Dial:      func(listener int) backendtest.Peer { return e.DialTo(listener) },
			Virtual:   "simio's Wait never sleeps: its time is virtual",
		}
	}
}

func TestConformance(t *testing.T) {
	backendtest.Run(t, adapt(1, simio.Probabilities{}))
}

// TestConformanceUnkind runs the suite with everything that the contract allows.
func TestConformanceUnkind(t *testing.T) {
	backendtest.Run(t, adapt(2, simio.Probabilities{
		Park: 0.2, Late: 0.2, ShortRecv: 0.3, ShortSend: 0.3, LateAccept: 0.3,
		CutBatch: 0.2, EmptyWait: 0.1, Early: 0.3, ShortRead: 0.3, SlowRead: 0.5,
	}))
}
