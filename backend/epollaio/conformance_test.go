package epollaio_test

import (
	"testing"

	"aws/backend/backendtest"
	"aws/backend/epollaio"
)

func TestConformance(t *testing.T) {
	backendtest.RunSockets(t, epollaio.Open)
}
