package message

import (
	"fmt"
	"net/textproto"
	"strings"
	"testing"
)

var wantedFields = []string{"host", "referer", "user-agent"}

func found(head string) (values []string) {
	var names []FieldName
	for _, name := range wantedFields {
		names = append(names, NewFieldName(name))
	}
	all := make([][]byte, len(names))
	FindFields([]byte(head), names, all)
	for _, v := range all {
		values = append(values, string(v))
	}
	return values
}

// The first line of each field counts, whatever case its name has, in the request at the
// start and as far as that has arrived.
func TestFindFields(t *testing.T) {
	for head, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a:80\r\nREFERER:b \t\r\nuser-Agent: c d\r\n\r\nGET / HTTP/1.1\r\nHost: e\r\n": `["a:80" "b" "c d"]`,
		"\r\nGET /\nHost: aaa\nUser-Agent: b\nUser-Agent: c\n\nReferer: d\n":                                   `["aaa" "" "b"]`,
		"GET /\r\nHost: aa\r\nUser-Agent: b":                                                                   `["aa" "" ""]`,
		"GET /\r\nXHost: aa\r\nUser-Agents: b\r\nReferer : c\r\nUser-Agent\r\nHost\r\n\r\n":                    `["" "" ""]`,
		"": `["" "" ""]`, "\n": `["" "" ""]`, "GET /\n\n": `["" "" ""]`, "Host: aaaa\r\n": `["" "" ""]`,
	} {
		if got := fmt.Sprintf("%q", found(head)); got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}

// What a head that is understood says is found as the standard library finds it.
func FuzzFindFields(f *testing.F) {
	f.Add("Host: a\r\nReferer: b\r\nUser-Agent: c\r\n")
	f.Add("Host: abc\r\nuser-agent:\r\nUSER-AGENT: c\r\nA: b\r\n")
	f.Fuzz(func(t *testing.T, fields string) {
		head := "GET / HTTP/1.0\r\n" + fields + "\r\n\r\n"
		var scan HeadScan
		var r Request
		end, status := scan.Next([]byte(head), &r)
		if status != 0 || end == 0 {
			return
		}
		got := found(head)
		for i, name := range wantedFields {
			want := ""
			for line := range strings.SplitSeq(head[:end], "\r\n") {
				if key, value, ok := strings.Cut(line, ":"); ok && textproto.CanonicalMIMEHeaderKey(key) == textproto.CanonicalMIMEHeaderKey(name) && len(line) >= 7 {
					want = strings.Trim(value, " \t")
					break
				}
			}
			if got[i] != want {
				t.Errorf("%s: %q, want %q in %q", name, got[i], want, head)
			}
		}
	})
}
