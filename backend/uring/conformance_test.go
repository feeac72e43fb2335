package uring_test

import (
	"testing"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/uring"
)

// TestConformance runs the suite with all features, without each of them, and
// without any.
func TestConformance(t *testing.T) {
	without := append([]string{"none", "all"}, uring.FeatureNames()...)
	for _, name := range without {
		features := uring.AllFeatures()
		if name != "none" {
			if err := features.Disable(name); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("without-"+name, func(t *testing.T) {
			backendtest.RunSockets(t, func(opts backend.Options) (backend.Backend, error) {
				return uring.Open(opts, uring.Options{Features: features})
			})
		})
	}
}
