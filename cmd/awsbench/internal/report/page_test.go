package report

import (
	"image"
	"image/color"
	_ "image/png"
	"os"
	"path/filepath"
	"testing"

	"aws/httpx/browsertest"
)

// share returns the share of an image that has a colour.
func share(img image.Image, want color.RGBA) float64 {
	b := img.Bounds()
	n := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			if uint8(r>>8) == want.R && uint8(g>>8) == want.G && uint8(bl>>8) == want.B {
				n++
			}
		}
	}
	return float64(n) / float64(b.Dx()*b.Dy())
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// The paper, the bars of aws and of the peers, and the shades of the overview
// have the colours of the scheme that the user prefers.
func TestPageFollowsTheColourScheme(t *testing.T) {
	page, err := HTML(example())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                   string
		dark                   bool
		paper, aws, peer, less uint32
	}{
		{"light", false, 0xfbfbf9, 0x1f6feb, 0x9aa4ae, 0xd3e6fb},
		{"dark", true, 0x14171a, 0x58a6ff, 0x6b7682, 0x17385c},
	} {
		t.Run(c.name, func(t *testing.T) {
			img := browsertest.Draw(t, "file://"+path, c.dark, 1200, 2400)
			for what, part := range map[string]struct {
				colour uint32
				least  float64
			}{
				"paper": {c.paper, 0.2}, "bars of aws": {c.aws, 0.003}, "bars of peers": {c.peer, 0.001}, "shade of less": {c.less, 0.0005},
			} {
				if got := share(img, rgb(part.colour)); got < part.least {
					t.Errorf("%s: %.5f of the page, want at least %.4f", what, got, part.least)
				}
			}
		})
	}
}
