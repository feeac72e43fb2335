// What an observer may want to know of an exchange and nobody else does: exchanges.go
// keeps it while the exchange is open.

package httpx

import (
	"unsafe"

	"aws/backend"
	"aws/httpx/accesslog"
	"aws/httpx/message"
)

// Keep says which fields of a request are kept for an observer.
type Keep uint8

// The fields.
const (
	KeepHost Keep = 1 << iota
	KeepReferer
	KeepUserAgent
)

// The most bytes that are kept of a request line and of a field.
const (
	MaxLine  = accesslog.MaxLine
	MaxField = accesslog.MaxField
)

// text is one of the texts that are kept of a request.
type text uint8

const (
	lineText text = iota
	hostText
	refererText
	agentText
	numTexts
)

// fieldNames are the names of the fields, in the order of Keep.
var fieldNames = [...]message.FieldName{
	message.NewFieldName("host"), message.NewFieldName("referer"), message.NewFieldName("user-agent"),
}

// kept is what is kept of an exchange. It begins a page. The texts lie one after the
// other, so those of most requests take a few cache lines.
type kept struct {
	first   int64 // when the first byte of the response had gone, by the loop's clock
	lengths [numTexts]uint16
	source  Source
	all     [MaxLine + len(fieldNames)*MaxField]byte
}

// text is one of the texts.
func (k *kept) text(which text) []byte {
	from := 0
	for _, n := range k.lengths[:which] {
		from += int(n)
	}
	return k.all[from : from+int(k.lengths[which])]
}

// put adds a text, or the beginning of one, after those before it, which end at from. It
// returns where it ends.
func (k *kept) put(which text, from int, value []byte, most int) (end int) {
	n := copy(k.all[from:], value[:min(len(value), most)])
	k.lengths[which] = uint16(n)
	return from + n
}

// keeper has what is kept of the open exchanges of a loop. The page that was given back
// last is taken first, and a connection that idles has none.
type keeper struct {
	pages  *backend.Arena      // nil without an observer
	page   []int32             // of each exchange
	names  []message.FieldName // of the fields that are kept
	which  []text              // they are
	values [][]byte            // scratch space
}

func newKeeper(exchanges int, keep Keep) (k keeper, err error) {
	for f, name := range fieldNames {
		if keep&(1<<f) != 0 {
			k.names, k.which = append(k.names, name), append(k.which, hostText+text(f))
		}
	}
	k.values = make([][]byte, len(k.names))
	if k.page, err = backend.MapArray[int32](exchanges); err != nil {
		return k, err
	}
	k.pages, err = backend.NewArena(exchanges, backend.Align)
	return k, err
}

func (k *keeper) destroy() {
	backend.UnmapArray(k.page)
	if k.pages != nil {
		_ = k.pages.Destroy()
	}
}

// of is what is kept of exchange i, from begin to end.
func (k *keeper) of(i int32) *kept {
	return (*kept)(unsafe.Pointer(unsafe.SliceData(k.pages.Bytes(k.page[i]))))
}

// begin keeps what is wanted of a request, of which this has been received from its
// first byte on.
func (k *keeper) begin(i int32, received []byte) {
	page := k.pages.Take()
	backend.Assert(page >= 0, "httpx: more requests kept than exchanges")
	k.page[i] = page
	kept := k.of(i)
	kept.first, kept.lengths, kept.source = 0, [numTexts]uint16{}, NoFile
	end := kept.put(lineText, 0, message.RequestLine(received), MaxLine)
	if len(k.names) == 0 {
		return
	}
	message.FindFields(received, k.names, k.values)
	for i, value := range k.values {
		end = kept.put(k.which[i], end, value, MaxField)
	}
}

// end forgets it.
func (k *keeper) end(i int32) { k.pages.Give(k.page[i]) }
