// HTTP-dates (RFC 9110 §5.6.7).
//
//	conditional.go ► parseDate ► Unix seconds, to compare with Last-Modified
//
// All three formats are read, strictly. Nearly all clients send back the text of
// a Last-Modified, so a malformed date was made by hand, and a condition with it
// is ignored.

package message

import "time"

// TimeFormat is the layout of the dates that the server sends, for package time:
// IMF-fixdate. The time must be in UTC.
const TimeFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

const (
	weekdays    = "MonTueWedThuFriSatSun"
	months      = "JanFebMarAprMayJunJulAugSepOctNovDec"
	nameLen     = len("Mon")
	rfc850Years = 50 // how far ahead a year of two digits may be
)

// parseDate returns the Unix seconds of an HTTP-date. ok is false for anything
// else. Names and GMT are case-sensitive, and the day has to exist in its month.
//
// The weekday need not be that of the date, as in nginx and net/http. A leap
// second is refused, as they do, though the grammar allows it: no file has one
// as its time.
func parseDate(b []byte) (unix int64, ok bool) {
	switch n := len(b); {
	case n == len("Sun, 06 Nov 1994 08:49:37 GMT"):
		return parseIMFFixdate(b)
	case n == len("Sun Nov  6 08:49:37 1994"):
		return parseAsctime(b)
	case n >= len("Sunday, 06-Nov-94 08:49:37 GMT"):
		return parseRFC850(b, time.Now())
	}
	return 0, false
}

// parseIMFFixdate parses "Sun, 06 Nov 1994 08:49:37 GMT".
func parseIMFFixdate(b []byte) (unix int64, ok bool) {
	if indexName(weekdays, b[:3]) < 0 || string(b[3:5]) != ", " || b[7] != ' ' || b[11] != ' ' ||
		b[16] != ' ' || string(b[25:]) != " GMT" {
		return 0, false
	}
	year, ok := parseDigits(b[12:16])
	if !ok {
		return 0, false
	}
	return parseParts(int(year), b[8:11], b[5:7], b[17:25])
}

// parseAsctime parses "Sun Nov  6 08:49:37 1994". The day has two digits, or a
// space and one digit.
func parseAsctime(b []byte) (unix int64, ok bool) {
	if indexName(weekdays, b[:3]) < 0 || b[3] != ' ' || b[7] != ' ' || b[10] != ' ' || b[19] != ' ' {
		return 0, false
	}
	year, ok := parseDigits(b[20:])
	if !ok {
		return 0, false
	}
	day := b[8:10]
	if day[0] == ' ' {
		day = day[1:]
	}
	return parseParts(int(year), b[4:7], day, b[11:19])
}

// parseRFC850 parses "Sunday, 06-Nov-94 08:49:37 GMT". It takes the latest year
// with these digits that is not more than 50 years ahead of now.
func parseRFC850(b []byte, now time.Time) (unix int64, ok bool) {
	const rest = ", 06-Nov-94 08:49:37 GMT"
	name := len(b) - len(rest)
	if name < 0 || !isLongWeekday(b[:name]) {
		return 0, false
	}
	b = b[name:]
	if string(b[:2]) != ", " || b[4] != '-' || b[8] != '-' || b[11] != ' ' || string(b[20:]) != " GMT" {
		return 0, false
	}
	digits, ok := parseDigits(b[9:11])
	if !ok {
		return 0, false
	}
	limit := now.UTC().AddDate(rfc850Years, 0, 0)
	year := limit.Year() - limit.Year()%100 + int(digits)
	if year > limit.Year() {
		year -= 100
	}
	if unix, ok = parseParts(year, b[5:8], b[2:4], b[12:20]); ok && unix > limit.Unix() {
		return parseParts(year-100, b[5:8], b[2:4], b[12:20])
	}
	return unix, ok
}

// parseParts returns the Unix seconds of a date, if that day and time exist.
func parseParts(year int, month, day, clock []byte) (unix int64, ok bool) {
	m := indexName(months, month)
	d, dayOK := parseDigits(day)
	hour, hourOK := parseDigits(clock[0:2])
	minute, minuteOK := parseDigits(clock[3:5])
	second, secondOK := parseDigits(clock[6:8])
	if m < 0 || !dayOK || !hourOK || !minuteOK || !secondOK || clock[2] != ':' || clock[5] != ':' ||
		hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	t := time.Date(year, time.January+time.Month(m), int(d), int(hour), int(minute), int(second), 0, time.UTC)
	return t.Unix(), t.Day() == int(d) // time.Date moves a day that the month lacks
}

// indexName returns the index of a name of three letters in names, or -1.
func indexName(names string, name []byte) int {
	for i := 0; i < len(names); i += nameLen {
		if string(name) == names[i:i+nameLen] {
			return i / nameLen
		}
	}
	return -1
}

func isLongWeekday(name []byte) bool {
	switch string(name) {
	case "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		return true
	}
	return false
}
