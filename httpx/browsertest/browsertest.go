// Package browsertest draws pages in a real browser.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aws/backend/backendtest"
)

const (
	// patience is how long one attempt may take, and attempts how many there
	// are: a browser that hangs says nothing of the page.
	patience = time.Minute
	attempts = 2
)

// Draw returns what Chromium draws of a page, width by height pixels, for a
// user who prefers light or dark. The browser reaches nothing but this machine.
// What it complains of fails the test.
func Draw(t testing.TB, url string, dark bool, width, height int) image.Image {
	t.Helper()
	chromium := find(t)
	scheme := "1"
	if dark {
		scheme = "0"
	}
	for attempt := 1; ; attempt++ {
		dir, err := os.MkdirTemp("", "browser-") // where its processes may write for longer than the test lasts
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		shot := filepath.Join(dir, "page.png")
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--hide-scrollbars", "--force-device-scale-factor=1", "--enable-logging=stderr",
			"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--user-data-dir="+filepath.Join(dir, "profile"),
			fmt.Sprintf("--window-size=%d,%d", width, height), "--blink-settings=preferredColorScheme="+scheme,
			"--screenshot="+shot, url)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with all that it starts
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = time.Second // for those that hold its output
		out, err := cmd.CombinedOutput()
		late := ctx.Err() != nil
		cancel()
		switch {
		case late && attempt < attempts:
			t.Logf("the browser has not ended after %v", patience)
			continue
		case err != nil && !errors.Is(err, exec.ErrWaitDelay):
			t.Fatalf("%v\n%s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "CONSOLE") {
				t.Error("the browser complains:", line)
			}
		}
		return decode(t, shot)
	}
}

// find finds Chromium or Chrome.
func find(t testing.TB) (path string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	backendtest.Missing(t, "no browser is installed; try: apt install chromium")
	return ""
}

func decode(t testing.TB, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
