package backend

import (
	"os"
	"testing"
)

func TestLocal(t *testing.T) {
	for path, want := range map[string]bool{"/dev/shm": true, "/proc/self/status": false} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Local(int32(f.Fd())); got != want {
			t.Errorf("%s: %v", path, got)
		}
		_ = f.Close()
	}
	if Local(-1) {
		t.Error("no file is local")
	}
}
