// A web font, made byte by byte for the page in page_test.go.

package main_test

import (
	"encoding/binary"
	"slices"
	"strings"
)

// webfont is a font of the letters of "aws", made of squares: OpenType tables
// (https://learn.microsoft.com/typography/opentype/spec/) in a WOFF file
// (https://www.w3.org/TR/WOFF/), uncompressed. A browser checks all of it
// before it draws a letter.
func webfont() []byte {
	letters := "asw" // in order, as cmap needs them
	glyphs := [][]uint16{nil}
	for _, c := range letters {
		glyphs = append(glyphs, glyph(bitmaps[c]))
	}
	var glyf []byte
	loca, hmtx := words(0), []byte(nil)
	for _, g := range glyphs {
		glyf = append(glyf, words(g...)...)
		loca = append(loca, words(uint16(len(glyf)/2))...)
		hmtx = append(hmtx, words(6*square, 0)...)
	}
	n := uint16(len(glyphs))
	return woff([]fontTable{
		{"OS/2", slices.Concat(words(4, 6*square, 400, 5, 0, 300, 300, 0, 0, 300, 300, 0, 300, 50, 300, 0), make([]byte, 26),
			words(0x6177, 0x7320, 0x40, 'a', 'w', ascent, descent, 0, ascent, square), words(1, 0, 0, 0), words(5*square, ascent, 0, ' ', 1))},
		{"cmap", cmap(letters)},
		{"glyf", glyf},
		{"head", words(1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 3, 8*square, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5*square, ascent, 0, 8, 2, 0, 0)},
		{"hhea", words(1, 0, ascent, descent, 0, 6*square, 0, 0, 5*square, 1, 0, 0, 0, 0, 0, 0, 0, n)},
		{"hmtx", hmtx},
		{"loca", loca},
		{"maxp", words(1, 0, n, 4*35, 35, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"name", slices.Concat(words(0, 1, 18, 3, 1, 0x409, 1, 12, 0), words('B', 'l', 'o', 'c', 'k', 's'))},
		{"post", words(3, 0, 0, 0, 0xffce, 50, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)},
	})
}

const (
	square  = 100 // font units
	ascent  = 7 * square
	descent = 0xffff - square + 1 // -square
)

var bitmaps = map[rune]string{
	'a': "..... ..... .###. ....# .#### #...# .####",
	'w': "..... ..... #...# #...# #.#.# #.#.# .#.#.",
	's': "..... ..... .#### #.... .###. ....# ####.",
}

// words are 16-bit numbers, most of what a font is made of.
func words(values ...uint16) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// glyph makes a simple glyph (table glyf) with a contour for each square of a
// bitmap.
func glyph(bitmap string) []uint16 {
	var ends, flags, xs, ys []uint16
	var lastX, lastY uint16
	for row, line := range strings.Fields(bitmap) {
		for column, c := range line {
			if c != '#' {
				continue
			}
			left, top := uint16(column*square), uint16(ascent-row*square)
			for _, p := range [][2]uint16{{left, top}, {left + square, top}, {left + square, top - square}, {left, top - square}} {
				xs, ys = append(xs, p[0]-lastX), append(ys, p[1]-lastY) // each from the last
				lastX, lastY = p[0], p[1]
			}
			ends = append(ends, uint16(len(xs)-1))
			flags = append(flags, 0x0101, 0x0101) // four bytes: on the curve
		}
	}
	return slices.Concat([]uint16{uint16(len(ends)), 0, 0, 5 * square, ascent}, ends, []uint16{0}, flags, xs, ys)
}

// cmap maps letters to the glyphs from 1 on, one segment each (format 4).
func cmap(letters string) []byte {
	var ends, starts, deltas []uint16
	for i, c := range letters {
		ends, starts = append(ends, uint16(c)), append(starts, uint16(c))
		deltas = append(deltas, uint16(i+1)-uint16(c))
	}
	ends, starts, deltas = append(ends, 0xffff), append(starts, 0xffff), append(deltas, 1)
	n := uint16(len(ends)) // 4: the search fields are for that
	subtable := slices.Concat([]uint16{4, 16 + 8*n, 0, 2 * n, 8, 2, 0}, ends, []uint16{0}, starts, deltas, make([]uint16, n))
	return words(slices.Concat([]uint16{0, 1, 3, 1, 0, 12}, subtable)...)
}

type fontTable struct {
	tag  string
	data []byte
}

// woff puts tables, in order of their tags, into a file.
func woff(tables []fontTable) []byte {
	const header, entry = 44, 20
	var directory, data []byte
	at := header + entry*len(tables)
	sfnt := 12 + 16*len(tables)
	for _, t := range tables {
		size := uint32(len(t.data))
		padded := append(slices.Clone(t.data), make([]byte, -len(t.data)&3)...)
		directory = append(directory, t.tag...)
		for _, v := range []uint32{uint32(at + len(data)), size, size, checksum(padded)} {
			directory = binary.BigEndian.AppendUint32(directory, v)
		}
		data = append(data, padded...)
		sfnt += len(padded)
	}
	b := []byte("wOFF\x00\x01\x00\x00")
	b = binary.BigEndian.AppendUint32(b, uint32(at+len(data)))
	b = append(b, words(uint16(len(tables)), 0)...)
	b = binary.BigEndian.AppendUint32(b, uint32(sfnt))
	b = append(b, make([]byte, header-len(b))...) // no version, no metadata, no private data
	return slices.Concat(b, directory, data)
}

// checksum adds up the 32-bit numbers of a table.
func checksum(padded []byte) (sum uint32) {
	for ; len(padded) > 0; padded = padded[4:] {
		sum += binary.BigEndian.Uint32(padded)
	}
	return sum
}
