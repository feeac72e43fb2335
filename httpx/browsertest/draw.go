package browsertest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Draw returns what the browser draws of a page, width by height pixels, for a
// user who prefers light or dark. What the browser complains of fails the test.
func Draw(t testing.TB, url string, dark bool, width, height int) image.Image {
	t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return retry(t, func(limit time.Duration) (image.Image, error) {
		b := newBrowser(find(t))
		defer func() { b.end() }()
		tab, picture, err := b.draw(limit, url, Look(int64(width), int64(height), scheme))
		if err != nil {
			return nil, fmt.Errorf("drawing %s: %w; the browser printed:\n%s", url, err, &b.printed)
		}
		for _, complaint := range tab.Complaints() {
			t.Error("the browser complains:", complaint)
		}
		return png.Decode(bytes.NewReader(picture))
	})
}

// draw has limit for starting the browser and for drawing, together.
func (b *Browser) draw(limit time.Duration, url string, look chromedp.Action[chromedp.Void]) (*Tab, []byte, error) {
	begun := time.Now()
	if err := b.start(limit); err != nil {
		return nil, nil, err
	}
	tab, closeTab, err := b.openTab(limit - time.Since(begun))
	defer closeTab()
	if err != nil {
		return nil, nil, err
	}
	if err := chromedp.Do(tab, look, chromedp.Navigate(url)); err != nil {
		return nil, nil, err
	}
	picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	return tab, picture, err
}
