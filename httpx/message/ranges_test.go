package message

import (
	"math"
	"math/big"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const fiveGiB = 5 << 30

// everyRange lists as many ranges as a request may have.
var everyRange = strings.Repeat("0-0,2-2,4-4,6-6,", maxRanges/4)

var rangeCases = []struct {
	rfc    string // RFC 9110
	ranges string
	size   int64
	status int
	want   []Range
}{
	{"§14.1.2 first and last", "bytes=2-5", 10, 206, []Range{{2, 4}}},
	{"§14.1.2 one byte", "bytes=0-0", 10, 206, []Range{{0, 1}}},
	{"§14.1.2 the last byte", "bytes=9-9", 10, 206, []Range{{9, 1}}},
	{"§14.1.2 last beyond the end", "bytes=5-99", 10, 206, []Range{{5, 5}}},
	{"§14.1.2 all of it", "bytes=0-9", 10, 206, []Range{{0, 10}}},
	{"§14.1.2 open", "bytes=3-", 10, 206, []Range{{3, 7}}},
	{"§14.1.2 open, all of it", "bytes=0-", 10, 206, []Range{{0, 10}}},
	{"§14.1.2 suffix", "bytes=-3", 10, 206, []Range{{7, 3}}},
	{"§14.1.2 longer suffix", "bytes=-11", 10, 206, []Range{{0, 10}}},
	{"§14.1.2 suffix of nothing", "bytes=-0", 10, 416, nil},
	{"§14.1.2 beyond the end", "bytes=10-", 10, 416, nil},
	{"§14.1.2 beyond the end", "bytes=10-10", 10, 416, nil},
	{"§14.1.2 leading zeros", "bytes=00000000000000000000002-0005", 10, 206, []Range{{2, 4}}},

	{"§14.1.2 beyond 4 GiB", "bytes=4294967296-4294967297", fiveGiB, 206, []Range{{1 << 32, 2}}},
	{"§14.1.2 beyond 4 GiB", "bytes=4294967296-", fiveGiB, 206, []Range{{1 << 32, 1 << 30}}},
	{"§14.1.2 large file", "bytes=-1", math.MaxInt64, 206, []Range{{math.MaxInt64 - 1, 1}}},
	{"§14.1.2 large file", "bytes=9223372036854775806-", math.MaxInt64, 206, []Range{{math.MaxInt64 - 1, 1}}},
	{"§14.1.2 large file", "bytes=0-", math.MaxInt64, 206, []Range{{0, math.MaxInt64}}},
	{"too large for parts", "bytes=0-0,2-", math.MaxInt64, 200, nil},
	{"§14.1.2 overflow", "bytes=1-9223372036854775807", 10, 206, []Range{{1, 9}}},
	{"§14.1.2 overflow", "bytes=1-99999999999999999999", 10, 206, []Range{{1, 9}}},
	{"§14.1.2 overflow", "bytes=-18446744073709551617", 10, 206, []Range{{0, 10}}},
	{"§14.1.2 overflow", "bytes=18446744073709551616-", 10, 416, nil},
	{"§14.1.2 overflow", "bytes=18446744073709551616-5", 10, 200, nil},

	{"§14.1.1 unit", "BYTES=0-0", 10, 206, []Range{{0, 1}}},
	{"§14.2 other unit", "lines=0-0", 10, 200, nil},
	{"§14.1.1 no unit", "0-0", 10, 200, nil},
	{"§14.1.1 no unit", "=0-0", 10, 200, nil},
	{"§14.1.1 no set", "bytes", 10, 200, nil},
	{"§14.1.1 no set", "bytes=", 10, 200, nil},
	{"§14.1.1 no set", "bytes=, ,", 10, 200, nil},
	{"§14.1.1 empty", "", 10, 200, nil},
	{"§14.1.1 last before first", "bytes=5-4", 10, 200, nil},
	{"§14.1.1 last before first, beyond the end", "bytes=50-40", 10, 200, nil},
	{"§14.1.1 one of them malformed", "bytes=0-0,5-4", 10, 200, nil},
	{"§14.1.1 no dash", "bytes=5", 10, 200, nil},
	{"§14.1.1 only a dash", "bytes=-", 10, 200, nil},
	{"§14.1.1 negative", "bytes=--5", 10, 200, nil},
	{"§14.1.1 negative", "bytes=1--5", 10, 200, nil},
	{"§14.1.1 sign", "bytes=+1-5", 10, 200, nil},
	{"§14.1.1 spaces", "bytes=1 - 5", 10, 200, nil},
	{"§14.1.1 spaces", "bytes =1-5", 10, 200, nil},
	{"§14.1.1 hexadecimal", "bytes=0x1-5", 10, 200, nil},
	{"§14.1.1 other-range", "bytes=a", 10, 200, nil},

	{"§15.3.7.2 several", "bytes=0-1,4-5,-1", 10, 206, []Range{{0, 2}, {4, 2}, {9, 1}}},
	{"§15.3.7.2 in the order of the request", "bytes=-1,4-5,0-1", 10, 206, []Range{{9, 1}, {4, 2}, {0, 2}}},
	{"§5.6.1.2 empty elements", "bytes=,0-1,,	4-5 , ", 10, 206, []Range{{0, 2}, {4, 2}}},
	{"§15.5.17 some beyond the end", "bytes=10-,4-5,-0,99-", 10, 206, []Range{{4, 2}}},
	{"§15.5.17 all beyond the end", "bytes=10-,99-,-0", 10, 416, nil},

	{"§15.3.7.2 overlap", "bytes=0-5,3-8", 10, 206, []Range{{0, 9}}},
	{"§15.3.7.2 touch", "bytes=5-8,0-4", 10, 206, []Range{{0, 9}}},
	{"§15.3.7.2 the same", "bytes=2-3,2-3,2-3", 10, 206, []Range{{2, 2}}},
	{"§15.3.7.2 within", "bytes=0-,4-5", 10, 206, []Range{{0, 10}}},
	{"§15.3.7.2 in place of the first", "bytes=8-9,0-1,3-4,1-2", 10, 206, []Range{{8, 2}, {0, 5}}},
	{"§15.3.7.2 joins others", "bytes=8-8,0-0,4-4,2-2,1-4", 10, 206, []Range{{8, 1}, {0, 5}}},
	{"§15.3.7.2 joins all", "bytes=8-8,0-0,4-4,0-", 10, 206, []Range{{0, 10}}},

	{"§17.15 the most ranges", "bytes=" + everyRange, 10, 206, []Range{{0, 1}, {2, 1}, {4, 1}, {6, 1}}},
	{"§17.15 one more", "bytes=" + everyRange + "8-8", 10, 200, nil},
	{"§17.15 one more, beyond the end", "bytes=" + everyRange + "10-", 10, 200, nil},
	{"§17.15 very many", "bytes=" + strings.Repeat("0-,", 4000), 10, 200, nil},
	{"§5.6.1.2 very many empty ones", "bytes=" + strings.Repeat(",", 9000) + "0-0", 10, 206, []Range{{0, 1}}},

	{"empty file", "bytes=0-0", 0, 200, nil},
	{"empty file", "bytes=0-", 0, 200, nil},
	{"empty file", "bytes=-1", 0, 200, nil},
	{"empty file", "bytes=5-", 0, 200, nil},
}

func TestRequestedRanges(t *testing.T) {
	for _, c := range rangeCases {
		set := RangeSet{n: 3} // from another request
		status := wanting(t, "Range: "+c.ranges).RangesFor(aVersion(`"a"`), c.size, &set)
		if got := set.ranges[:set.n]; status != c.status || !slices.Equal(got, c.want) {
			t.Errorf("%s: %.60q of %d: %d, %v, want %d, %v", c.rfc, c.ranges, c.size, status, got, c.status, c.want)
		}
	}
}

// RFC 9110 §14.2, §13.1.5.
func TestRangeDependsOnIfRangeAndMethod(t *testing.T) {
	for _, c := range []struct {
		fields []string
		status int
	}{
		{nil, 200},
		{[]string{`If-Range: "b"`}, 200},
		{[]string{"Range: bytes=0-0"}, 206},
		{[]string{"Range: bytes=0-0", "Range: bytes=0-0"}, 200},
		{[]string{"Range: bytes=0-0", `If-Range: "a"`}, 206},
		{[]string{"Range: bytes=99-", `If-Range: "a"`}, 416},
		{[]string{"Range: bytes=0-0", `If-Range: "b"`}, 200},
		{[]string{"Range: bytes=99-", `If-Range: "b"`}, 200},
		{[]string{"Range: bytes=0-0", "If-Range: " + exactly}, 206},
		{[]string{"Range: bytes=0-0", "If-Range: " + after}, 200},
	} {
		var set RangeSet
		r := wanting(t, c.fields...)
		if got := r.RangesFor(aVersion(`"a"`), 10, &set); got != c.status {
			t.Errorf("%q: %d, want %d", c.fields, got, c.status)
		}
		r.Method = MethodHead // only GET has ranges: §14.2
		if got := r.RangesFor(aVersion(`"a"`), 10, &set); got != 200 || set.n != 0 {
			t.Errorf("HEAD with %q: %d", c.fields, got)
		}
	}
}

// FuzzRangesFor compares RangesFor with modelRanges, which marks bytes.
func FuzzRangesFor(f *testing.F) {
	for _, s := range []string{
		"bytes=0-0", "bytes=-5", "bytes=5-", "bytes=0-0,2-2,-1", "bytes=8-8,0-0,4-4,2-2,1-4", "bytes=,", "bytes=9-8",
		"bytes=99999999999999999999-", "Bytes=0-99999999999999999999", "bytes=-0", "lines=1-2", "bytes=1-2, x",
	} {
		f.Add(s, uint16(10))
	}
	random := rand.New(rand.NewSource(1))
	for range 500 {
		f.Add(randomRanges(random, 40), uint16(random.Intn(50)))
	}
	f.Fuzz(func(t *testing.T, s string, size16 uint16) {
		size := int64(size16)
		r := Request{Method: MethodGet, fields: fields{ranges: []byte(s)}}
		var set RangeSet
		status := r.RangesFor(&Validators{}, size, &set)
		wantStatus, bytes := modelRanges(s, size)
		if status != wantStatus || (status == 206) != (set.n > 0) {
			t.Fatalf("%q of %d: %d, want %d, with %v", s, size, status, wantStatus, set.ranges[:set.n])
		}
		var sum int64
		for i, r := range set.ranges[:set.n] {
			if r.First < 0 || r.Length <= 0 || r.end() > size {
				t.Fatalf("%q of %d: %v", s, size, r)
			}
			for _, other := range set.ranges[:i] {
				if other.First <= r.end() && r.First <= other.end() {
					t.Fatalf("%q of %d: %v and %v touch", s, size, other, r)
				}
			}
			for at := r.First; at < r.end(); at++ {
				if !bytes[at] {
					t.Fatalf("%q of %d: byte %d was not requested", s, size, at)
				}
			}
			sum += r.Length
		}
		for _, asked := range bytes {
			if asked {
				sum--
			}
		}
		if sum != 0 {
			t.Fatalf("%q of %d: %v: %d bytes too many", s, size, set.ranges[:set.n], sum)
		}
	})
}

var (
	rangeSyntax = regexp.MustCompile(`^(?i:bytes)=([ \t,]*(\d+-\d*|-\d+)[ \t]*(,|$))+[ \t,]*$`)
	rangeSpec   = regexp.MustCompile(`(\d*)-(\d*)`)
)

// modelRanges returns the status, and marks the requested bytes.
func modelRanges(s string, size int64) (status int, bytes []bool) {
	specs := rangeSpec.FindAllStringSubmatch(s, -1)
	if !rangeSyntax.MatchString(s) || len(specs) > maxRanges || size == 0 {
		return 200, nil
	}
	bytes = make([]bool, size)
	status = 416
	for _, spec := range specs {
		first, last := new(big.Int), big.NewInt(math.MaxInt64)
		if spec[2] != "" {
			last.SetString(spec[2], 10)
		}
		if spec[1] != "" {
			first.SetString(spec[1], 10)
			if limit := big.NewInt(math.MaxInt64); first.Cmp(limit) > 0 { // greater numbers mean the same
				first = limit
				if last.Cmp(limit) > 0 {
					last = limit
				}
			}
			if last.Cmp(first) < 0 {
				return 200, nil
			}
		} else { // the last bytes
			if first.Sub(big.NewInt(size), last); first.Sign() < 0 {
				first.SetInt64(0)
			}
			last.SetInt64(size)
		}
		for i := range bytes {
			if at := big.NewInt(int64(i)); at.Cmp(first) >= 0 && at.Cmp(last) <= 0 {
				bytes[i] = true
				status = 206
			}
		}
	}
	return status, bytes
}

// randomRanges returns a value of Range, usually well-formed, for a file of about
// size bytes.
func randomRanges(random *rand.Rand, size int) string {
	number := func() string {
		return []string{"0", "1", "9223372036854775807", "9223372036854775808", "99999999999999999999"}[random.Intn(5)]
	}
	if random.Intn(10) > 0 {
		number = func() string { return big.NewInt(int64(random.Intn(size + size/4 + 1))).String() }
	}
	var specs []string
	for range 1 + random.Intn(1+random.Intn(maxRanges+2)) {
		switch random.Intn(12) {
		case 0, 1:
			specs = append(specs, "-"+number())
		case 2, 3:
			specs = append(specs, number()+"-")
		case 4:
			specs = append(specs, "0-0")
		case 5:
			specs = append(specs, []string{"", " ", "-", "x-y", "1 - 2", "5", "--1", "0x1-"}[random.Intn(8)])
		default:
			first, last := number(), number()
			if a, b := len(first), len(last); (a > b || a == b && first > last) && random.Intn(20) > 0 {
				first, last = last, first
			}
			specs = append(specs, first+"-"+last)
		}
	}
	unit := "bytes"
	if random.Intn(20) == 0 {
		unit = []string{"Bytes", "lines", "", "bytes "}[random.Intn(4)]
	}
	return unit + "=" + strings.Join(specs, []string{",", ", ", " ,", ",,"}[random.Intn(4)])
}

func TestRangesForDoesNotAllocate(t *testing.T) {
	r := wanting(t, "Range: bytes=-1,8-8,0-0,4-4,2-2,1-4", "If-Range: "+exactly)
	v := aVersion(`"a"`)
	var set RangeSet
	noAllocs(t, "rangesFor", func() {
		if r.RangesFor(v, 100, &set) != 206 || set.n != 3 {
			t.Fatal(set)
		}
	})
}
