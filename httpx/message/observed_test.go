package message

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

var wantedFields = []string{"host", "referer", "user-agent"}

// found are the values of wantedFields, found after those of another head.
func found(t *testing.T, head string, r *Request) (values []string) {
	f, texts := NewFinder(HostText, RefererText, UserAgentText), new(Texts)
	f.Find([]byte("GET / HTTP/1.1\r\nHost: other\r\nReferer: other\r\nUser-Agent: other\r\n\r\n"), nil, texts)
	f.Find([]byte(head), r, texts)
	if line, want := texts.Of(LineText), RequestLine([]byte(head)); string(line) != string(want) {
		t.Errorf("the line is %q, want %q", line, want)
	}
	for text := HostText; text < NumTexts; text++ {
		values = append(values, string(texts.Of(text)))
	}
	return values
}

// The first line of each field counts, whatever case its name has, in the request at the
// start and as far as that has arrived.
func TestFinder(t *testing.T) {
	for head, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a:80\r\nREFERER:b \t\r\nuser-Agent: c d\r\n\r\nGET / HTTP/1.1\r\nHost: e\r\n": `["a:80" "b" "c d"]`,
		"\r\nGET /\nHost: aaa\nUser-Agent: b\nUser-Agent: c\n\nReferer: d\n":                                   `["aaa" "" "b"]`,
		"GET /\r\nHost: aa\r\nUser-Agent: b":                                                                   `["aa" "" ""]`,
		"GET /\r\nXHost: aa\r\nUser-Agents: b\r\nReferer : c\r\nUser-Agent\r\nHost\r\n\r\n":                    `["" "" ""]`,
		"": `["" "" ""]`, "\n": `["" "" ""]`, "GET /\n\n": `["" "" ""]`, "Host: aaaa\r\n": `["" "" ""]`,
	} {
		if got := fmt.Sprintf("%q", found(t, head, nil)); got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}

// What a head that is understood says is found as the standard library finds it, whether
// it is known where its lines end or not.
func FuzzFinder(f *testing.F) {
	f.Add("Host: a\r\nReferer: b\r\nUser-Agent: c\r\n")
	f.Add("Host: abc\r\nuser-agent:\r\nUSER-AGENT: c\r\nA: b\r\n")
	f.Fuzz(func(t *testing.T, fields string) {
		head := "GET / HTTP/1.0\r\n" + fields + "\r\n\r\n"
		var scan HeadScan
		var r Request
		end, why := scan.Next([]byte(head), &r)
		if why != 0 || end == 0 {
			return
		}
		got := found(t, head, &r)
		if searched := found(t, head, nil); !slices.Equal(got, searched) {
			t.Errorf("%q, but %q if the lines have to be found, in %q", got, searched, head)
		}
		for i, name := range wantedFields {
			want := ""
			for line := range strings.SplitSeq(head[:end], "\r\n") {
				if key, value, ok := strings.Cut(line, ":"); ok && textproto.CanonicalMIMEHeaderKey(key) == textproto.CanonicalMIMEHeaderKey(name) {
					want = strings.Trim(value, " \t")
					want = want[:min(len(want), MaxFieldText)]
					break
				}
			}
			if got[i] != want {
				t.Errorf("%s: %q, want %q in %q", name, got[i], want, head)
			}
		}
	})
}

// What is too long is cut off, the first text of a kind counts, even an empty one, and what
// has been put before stays as it is.
func TestTexts(t *testing.T) {
	long := strings.Repeat("a", 2*MaxLine)
	var texts Texts
	for _, host := range []string{"b", ""} {
		texts.Clear()
		for text := range NumTexts {
			if got := texts.Of(text); len(got) > 0 {
				t.Errorf("text %d is %q, want none", text, got)
			}
		}
		texts.Put(HostText, []byte(host))
		texts.Put(UserAgentText, []byte(long))
		texts.Put(LineText, []byte(long))
		texts.Put(HostText, []byte("c"))
		texts.Put(RefererText, []byte(long))
		for which, want := range []string{long[:MaxLine], host, long[:MaxFieldText], long[:MaxFieldText]} {
			if got := string(texts.Of(Text(which))); got != want {
				t.Errorf("text %d is %q, want %q", which, got, want)
			}
		}
	}
}
