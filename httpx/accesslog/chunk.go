// A chunk of lines, into which short texts and numbers are written eight bytes at a time:
// most of what a line has is as short as that, and to store a word takes less than to call
// for a copy.

package accesslog

import (
	"encoding/binary"
	"math/bits"
	"time"
)

const (
	// chunkSize is how much the writer writes at a time, if there is as much.
	chunkSize = 64 << 10
	// wordSize is the bytes of a word.
	wordSize = 8
)

// wordOf is the word that a text begins with: its first byte is the lowest.
func wordOf(text string) uint64 {
	var word [wordSize]byte
	copy(word[:], text)
	return binary.LittleEndian.Uint64(word[:])
}

// chunk is memory for lines. A word can be written at any uint16 of it, so the compiler
// need not check that. The word after chunkSize belongs to no line.
type chunk [chunkSize + wordSize]byte

// word writes the first n bytes of a word at at, and returns where they end. The other
// bytes are written after that, where what is written next replaces them.
func (b *chunk) word(at uint16, w uint64, n uint16) (end uint16) {
	binary.LittleEndian.PutUint64(b[at:int(at)+wordSize], w)
	return at + n
}

// number writes a number at at, and returns where it ends.
func (b *chunk) number(at uint16, n uint64) (end uint16) {
	if n >= 1e8 {
		at = b.number(at, n/1e8)
		return b.word(at, digits(uint32(n%1e8))|zeros, wordSize)
	}
	w := digits(uint32(n))
	leading := min(bits.TrailingZeros64(w)/8, wordSize-1) // zeros: 0 has one digit
	return b.word(at, (w|zeros)>>(8*leading), uint16(wordSize-leading))
}

// seconds writes a time in seconds, with six decimals, at at, and returns where it ends.
func (b *chunk) seconds(at uint16, d time.Duration) (end uint16) {
	d = max(d, 0)
	at = b.number(at, uint64(d/time.Second))
	decimals := digits(uint32(d%time.Second/time.Microsecond)) | zeros
	return b.word(at, decimals>>8&^0xff|'.', uint16(len(".000000")))
}

// zeros are eight digits.
const zeros = 0x3030303030303030

// digits are the values of the eight digits of n, which is below 1e8, from the lowest byte
// on. They are split all at once, into two numbers below 10000, four below 100 and eight
// below 10: to multiply by 10486 and shift by 20 divides by 100 what is below 10000.
func digits(n uint32) uint64 {
	v := uint64(n/10000) | uint64(n%10000)<<32
	q := v * 10486 >> 20 & 0x0000007f_0000007f
	v = q | (v-100*q)<<16
	q = v * 103 >> 10 & 0x000f_000f_000f_000f
	return q | (v-10*q)<<8
}
