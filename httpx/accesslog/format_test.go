package accesslog

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aws/backend"
	"aws/httpx/message"
)

var testNames = Names{Engine: "uring", Listeners: []string{"127.0.0.1:80", "unix:/a \"b\""}, Sites: []string{"default", "example.org"}}

// testRecord has a value in each field.
func testRecord() Record {
	return Record{
		End:  time.Date(2026, 11, 27, 9, 5, 3, 45_600_000, time.Local),
		Took: 1234567 * time.Microsecond, FirstByte: 89 * time.Microsecond,
		Client: backend.AddressFrom(netip.MustParseAddrPort("192.0.2.107:4711")),
		Texts:  textsOf("GET /a?b=c HTTP/1.1", "example.org:80", "http://a/", "curl/8"),
		Status: 206, Sent: 98765, Outcome: 3, Source: 2, Loop: 7, Listener: 1, Site: 1,
	}
}

// usedTexts is memory in which other texts have been.
var usedTexts = func() (t message.Texts) {
	t.Clear()
	for text := range message.NumTexts {
		t.Put(text, bytes.Repeat([]byte("\"\\a\n\xff"), message.MaxLine))
	}
	return t
}()

func textsOf(texts ...string) *message.Texts {
	t := usedTexts
	t.Clear()
	for i, text := range texts {
		t.Put(message.Text(i), []byte(text))
	}
	return &t
}

func parsed(t testing.TB, format string) *Format {
	t.Helper()
	f, err := ParseFormat(format)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return f
}

// line is the line for a record, without its end.
func line(t testing.TB, f *Format, r *Record) string {
	t.Helper()
	const before = 100 // bytes of other lines
	c, b := newComposer(f, f.escapedNames(testNames)), new(chunk)
	around := b[:before+f.most+before]
	for i := range around {
		around[i] = '#'
	}
	all := b[before:c.line(b, before, r)]
	text, ended := strings.CutSuffix(string(all), "\n")
	if !ended || strings.Contains(text, "\n") {
		t.Fatalf("not one line: %q", all)
	}
	if bytes.Trim(around[:before], "#") != nil || bytes.Trim(around[before+f.most:], "#") != nil {
		t.Fatalf("more than %d bytes are written to for %q", f.most, all)
	}
	return text
}

// Each field has its value, in each kind of format.
func TestFields(t *testing.T) {
	r := testRecord()
	zone := r.End.Format("-0700")
	want := map[string]string{
		"time": "2026-11-27T09:05:03.045" + r.End.Format("-07:00"), "time_clf": "27/Nov/2026:09:05:03 " + zone,
		"client": "192.0.2.107", "client_port": "4711", "method": "GET", "target": "/a?b=c", "request": "GET /a?b=c HTTP/1.1",
		"host": "example.org:80", "status": "206", "bytes": "98765", "duration": "1.234567", "first_byte": "0.000089",
		"outcome": "stalled", "source": "disk", "site": "example.org", "engine": "uring", "listener": `unix:/a \"b\"`, "loop": "7",
		"referer": "http://a/", "user_agent": "curl/8",
	}
	var all []string
	for _, field := range Fields {
		all = append(all, field.Name)
		if got := line(t, parsed(t, "<$"+field.Name+">$$"), &r); got != "<"+want[field.Name]+">$" {
			t.Errorf("$%s is %s, want %s", field.Name, got, want[field.Name])
		}
	}
	if len(want) != len(Fields) {
		t.Errorf("%d fields, want %d", len(Fields), len(want))
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(line(t, parsed(t, "json:"+strings.Join(all, ",")), &r)), &object); err != nil {
		t.Fatal(err)
	}
	for name, value := range object {
		text, err := json.Marshal(value)
		if got := strings.Trim(string(text), `"`); err != nil || got != want[name] && name != "listener" {
			t.Errorf("%s is %s in JSON, want %s", name, got, want[name])
		}
	}
	if len(object) != len(Fields) {
		t.Errorf("JSON has %d fields, want %d", len(object), len(Fields))
	}
	for format, want := range map[string]string{
		"common":                    `192.0.2.107 - - [27/Nov/2026:09:05:03 ` + zone + `] "GET /a?b=c HTTP/1.1" 206 98765`,
		"combined":                  `192.0.2.107 - - [27/Nov/2026:09:05:03 ` + zone + `] "GET /a?b=c HTTP/1.1" 206 98765 "http://a/" "curl/8"`,
		"json:loop,host,first_byte": `{"loop":7,"host":"example.org:80","first_byte":0.000089}`,
	} {
		if got := line(t, parsed(t, format), &r); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
	nothing := Record{End: r.End, Texts: textsOf()}
	if got, want := line(t, parsed(t, `$client $client_port "$request" $referer $first_byte $outcome $source $site`), &nothing), `unix 0 "-" - - open none default`; got != want {
		t.Errorf("of nothing: %s, want %s", got, want)
	}
	if got := line(t, parsed(t, "json:first_byte,referer"), &nothing); got != `{"first_byte":null,"referer":""}` {
		t.Errorf("of nothing: %s", got)
	}
}

// The table in docs/operations.md is that of the code.
func TestFieldsInDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := ""
	for _, f := range Fields {
		rows += "| `$" + f.Name + "` | " + f.About + " |\n"
	}
	if !strings.Contains(string(text), "|---|---|\n"+rows+"\n") {
		t.Errorf("docs/operations.md does not have this table:\n%s", rows)
	}
}

// A format that cannot be meant says what is wrong, and where.
func TestWrongFormats(t *testing.T) {
	for format, want := range map[string]string{
		"": "want common, combined", "combind": "want common, combined", "$client $x": "column 9: there is no field $x: want $time, $client", "50$": "column 3: there is no field $",
		"$client\n$bytes": "column 8: a line has no control characters", "json:": `there is no field "": want time, client`, "json:bytes,$loop": `there is no field "$loop"`,
		"json:loop,loop": "loop is named twice", strings.Repeat("$request", 13): "a line could be 52 KiB long",
	} {
		if _, err := ParseFormat(format); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", format, err, want)
		}
	}
}

// combinedLine is strict: what is quoted has no quote, backslash, control or other byte
// but escaped.
var combinedLine = regexp.MustCompile(`^([0-9a-f.:%]+|unix) - - \[\d\d/[A-Z][a-z]{2}/\d{4}(?::\d\d){3} [+-]\d{4}\] "((?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})+)" \d{1,3} \d+(?: "((?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})+)" "((?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})+)")?$`)

// unescaped is the text that was escaped.
func unescaped(s string) string {
	return regexp.MustCompile(`\\x[0-9a-f]{2}|\\["\\]`).ReplaceAllStringFunc(s, func(m string) string {
		if m[1] != 'x' {
			return m[1:]
		}
		digit := func(c byte) byte { return byte(strings.IndexByte(hexDigits, c)) }
		return string([]byte{digit(m[2])<<4 | digit(m[3])})
	})
}

// Whatever clients send, a record makes one line, of which a strict parser gets the same
// out that has gone in.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"GET / HTTP/1.1", "", "\" 200 1\n127.0.0.1 - - ", "\\", "\\x0a\n\r\x00\x7f\x80\xff", "ä€\u0085\u2028\u2029𝄞\xe2\x82", `"`, "-", "1234567\"", "12345678\x1b[2J", "\u009b31m", "1234567\x7f901234\xff", "!\x20\x1f\x00\x01\xff\xfe\x80"} {
		f.Add([]byte(s), []byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, request, referer, agent []byte) {
		r := testRecord()
		r.Texts = textsOf(string(request), "", string(referer), string(agent))
		texts := [][]byte{request[:min(len(request), message.MaxLine)], referer[:min(len(referer), message.MaxFieldText)], agent[:min(len(agent), message.MaxFieldText)]}
		for format, columns := range map[string]int{"common": 1, "combined": 3} {
			got := line(t, parsed(t, format), &r)
			m := combinedLine.FindStringSubmatch(got)
			if m == nil {
				t.Fatalf("%s: malformed: %s", format, got)
			}
			for i, text := range m[2 : 2+columns] {
				if want := string(texts[i]); unescaped(text) != want && (text != "-" || want != "") {
					t.Errorf("%s: %q for %q", format, text, want)
				}
			}
		}
		got := line(t, parsed(t, "json:request,referer,user_agent,method,target"), &r)
		if i := strings.IndexFunc(got, func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 || c == 0x2028 || c == 0x2029 }); i >= 0 {
			t.Errorf("a control character in %q", got)
		}
		var object map[string]string
		decoder := json.NewDecoder(strings.NewReader(got))
		if err := decoder.Decode(&object); err != nil || decoder.More() {
			t.Fatalf("%v: %s", err, got)
		}
		for i, name := range []string{"request", "referer", "user_agent"} {
			if want := string(bytes.ToValidUTF8(texts[i], nil)); strings.ReplaceAll(object[name], "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
				t.Errorf("%s: %q for %q", name, object[name], texts[i])
			}
		}
	})
}

// Each byte is escaped or not, in each place of a text of each length.
func TestSpecialBytes(t *testing.T) {
	b := new(chunk)
	for c := range 256 {
		for size := range 20 {
			for at := range size {
				s := bytes.Repeat([]byte("~"), size)
				s[at] = byte(c)
				want := string(s)
				if escaped(byte(c)) {
					special, _ := appendSpecial(nil, s[at:], asText)
					want = string(s[:at]) + string(special) + string(s[at+1:])
				}
				if got := string(b[:b.escape(0, textsOf(string(s)).Of(message.LineText), asText)]); got != want {
					t.Fatalf("%q is escaped as %s, want %s", s, got, want)
				}
			}
		}
	}
}

// Numbers are written as the standard library writes them.
func TestNumbers(t *testing.T) {
	b := new(chunk)
	check := func(n uint64) {
		if got, want := string(b[:b.number(0, n)]), strconv.FormatUint(n, 10); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for n := range uint64(1e5) {
		check(n)
		check(n * 1000)
		check(math.MaxUint64 - n)
	}
	for n := uint64(1); n < 1e19; n *= 10 {
		check(n - 1)
		check(n)
		check(n + 1)
	}
}

// What a format needs to be kept of requests is what it shows.
func TestNeeds(t *testing.T) {
	for format, want := range map[string]Need{"common": 0, "combined": NeedReferer | NeedUserAgent, "json": NeedHost | NeedReferer | NeedUserAgent, "$host": NeedHost} {
		if got := parsed(t, format).Needs(); got != want {
			t.Errorf("%s needs %b, want %b", format, got, want)
		}
	}
	if !slices.Equal(FormatNames, []string{"common", "combined", "json"}) {
		t.Error(FormatNames)
	}
}
