package epollaio_test

import (
	"testing"

	"aws/backend/backendtest"
	"aws/backend/epollaio"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

func TestConformance(t *testing.T) {
	backendtest.RunSockets(t, epollaio.Open)
}
