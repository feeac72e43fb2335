// Numbers for people.

package listing

import "strconv"

// appendCount appends "1 file" or "2 files".
func appendCount(b []byte, n int, noun string) []byte {
	b = appendGrouped(b, int64(n))
	b = append(b, ' ')
	b = append(b, noun...)
	if n != 1 {
		b = append(b, 's')
	}
	return b
}

// appendGrouped appends n, which is not negative, with its digits in groups of
// three: "1,234,567".
func appendGrouped(b []byte, n int64) []byte {
	digits := strconv.AppendInt(nil, n, 10)
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, c)
	}
	return b
}

// appendSize appends a number of bytes for people, in the units of IEC 80000-13:
// "17 B", "1.5 KiB".
func appendSize(b []byte, size int64) []byte {
	units := [...]string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"}
	value, unit := float64(size), 0
	for ; value >= 1023.95; unit++ { // from there on it would be rounded to 1024.0
		value /= 1024
	}
	precision := 1
	if unit == 0 {
		precision = 0
	}
	b = strconv.AppendFloat(b, value, 'f', precision, 64)
	return append(b, units[unit]...)
}
