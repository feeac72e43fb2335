// The fields of a line, in one table: compose.go writes them.

package accesslog

import (
	"bytes"
	"math"
	"time"

	"aws/httpx/message"
)

// Field is one that a line can have.
type Field struct {
	Name  string
	About string
	id    fieldID
	need  Need
	most  int  // bytes of its longest value before it is escaped
	bare  bool // in JSON it is a number
}

// Need says what of a request a line shows besides the request line.
type Need uint8

// The needs.
const (
	NeedHost Need = 1 << iota
	NeedReferer
	NeedUserAgent
)

type fieldID uint8

const (
	requestField = fieldID(message.LineText) // the first ones are texts
	hostField    = fieldID(message.HostText)
	refererField = fieldID(message.RefererText)
	agentField   = fieldID(message.UserAgentText)
)

const (
	noField fieldID = iota + fieldID(message.NumTexts) // nothing
	timeField
	timeCLFField
	clientField
	portField
	methodField
	targetField
	statusField
	bytesField
	durationField
	firstByteField
	outcomeField
	sourceField
	siteField
	engineField
	listenerField
	loopField
)

// maxNumber is the longest number: a sign and 19 digits.
const maxNumber = 20

// Fields are all of them. JSON has them in this order.
var Fields = [...]Field{
	{"time", "when the exchange ended, such as `2026-11-27T09:05:03.123+01:00`", timeField, 0, len(timeLayout), false},
	{"client", "the client's IP address; `unix` on a unix socket", clientField, 0, 64, false},
	{"client_port", "the client's port; 0 on a unix socket", portField, 0, maxNumber, true},
	{"method", "the first word of the request line", methodField, 0, message.MaxLine, false},
	{"target", "what the request line asks for, with the query", targetField, 0, message.MaxLine, false},
	{"request", "the request line as it came, cut off after 1 KiB", requestField, 0, message.MaxLine, false},
	{"host", "the field Host, cut off after 512 bytes", hostField, NeedHost, message.MaxFieldText, false},
	{"status", "the status that was sent; 0 if it did not come to that", statusField, 0, maxNumber, true},
	{"bytes", "what the kernel took of the response, with its head and the framing of its body", bytesField, 0, maxNumber, true},
	{"duration", "seconds from the first byte of the request to the end, with six decimals; 0 if both were in one turn of the loop", durationField, 0, maxNumber + 7, true},
	{"first_byte", "seconds from there to the first byte of the response that the kernel took; `-`, or in JSON `null`, if there was none", firstByteField, 0, maxNumber + 7, true},
	{"outcome", "how it ended: `whole`, `client-gone`, `stalled`, `too-slow`, `shrunk`, `failed`, `drained`", outcomeField, 0, 16, false},
	{"source", "where the bytes of a file came from: the page `cache`, the `disk` (at least some), a `remote` file system; `none` without a file", sourceField, 0, 16, false},
	{"site", "the site's first host; `default` for one without hosts", siteField, 0, message.MaxFieldText, false},
	{"engine", "`epoll-aio` or `uring`", engineField, 0, 16, false},
	{"listener", "the address that the client came in by, as the server prints it at start", listenerField, 0, message.MaxFieldText, false},
	{"loop", "the number of the loop, from 0", loopField, 0, maxNumber, true},
	{"referer", "the field Referer, cut off after 512 bytes", refererField, NeedReferer, message.MaxFieldText, false},
	{"user_agent", "the field User-Agent, cut off after 512 bytes", agentField, NeedUserAgent, message.MaxFieldText, false},
	{"time_clf", "as `time`, in the form of the common log format: `27/Nov/2026:09:05:03 +0100`", timeCLFField, 0, len(clfLayout), false},
}

// notInJSON are the fields that json leaves out, unless it is told to have them: others
// say the same.
var notInJSON = []string{"request", "time_clf"}

// find finds a field by its name.
func find(name string) *Field {
	for i := range Fields {
		if Fields[i].Name == name {
			return &Fields[i]
		}
	}
	return nil
}

const (
	timeLayout = "2006-01-02T15:04:05.000-07:00"
	clfLayout  = "02/Jan/2006:15:04:05 -0700"
	msAt       = len("2006-01-02T15:04:05.") // where the milliseconds are
)

// timeText has the texts of a second, so that they are made once in it.
type timeText struct {
	second   int64
	isoBytes [len(timeLayout)]byte
	clfBytes [len(clfLayout)]byte
}

func newTimeText() timeText { return timeText{second: math.MinInt64} }

// set makes the texts for the second of t.
func (c *timeText) set(t time.Time) {
	if s := t.Unix(); s != c.second {
		c.second = s
		t.Local().AppendFormat(c.isoBytes[:0], timeLayout)
		t.Local().AppendFormat(c.clfBytes[:0], clfLayout)
	}
}

// clf is t in the common log format. It is valid until the next text is asked for.
func (c *timeText) clf(t time.Time) []byte {
	c.set(t)
	return c.clfBytes[:]
}

// iso is t with milliseconds. It is valid until the next text is asked for.
func (c *timeText) iso(t time.Time) []byte {
	c.set(t)
	ms := t.Nanosecond() / int(time.Millisecond)
	c.isoBytes[msAt], c.isoBytes[msAt+1], c.isoBytes[msAt+2] = '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10)
	return c.isoBytes[:]
}

// method is the first word of a request line.
func method(line []byte) []byte {
	if i := bytes.IndexByte(line, ' '); i >= 0 {
		return line[:i]
	}
	return line
}

// target is what is between the first blank of a request line and the version.
func target(line []byte) []byte {
	line = line[len(method(line)):]
	if len(line) == 0 {
		return nil
	}
	line = line[1:]
	if i := bytes.LastIndexByte(line, ' '); i >= 0 && bytes.HasPrefix(line[i+1:], version) {
		return line[:i]
	}
	return line
}

var version = []byte("HTTP/")
