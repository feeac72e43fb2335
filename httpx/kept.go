// What an observer may want to know of an exchange and nobody else does: exchanges.go
// keeps it while the exchange is open.

package httpx

import (
	"unsafe"

	"aws/backend"
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
	MaxLine  = message.MaxLine
	MaxField = message.MaxFieldText
)

// kept is what is kept of an exchange. It begins a page.
type kept struct {
	index  int32 // of the exchange
	first  int64 // when the first byte of the response had gone, by the loop's clock
	source Source
	texts  message.Texts
}

// keeper has what is kept of the open exchanges of a loop. The page that was given back
// last is taken first, and a connection that idles has none.
type keeper struct {
	pages  *backend.Arena // nil without an observer
	memory []byte         // of all pages
	page   []int32        // of each exchange
	finder *message.Finder
}

func newKeeper(exchanges int, keep Keep) (k keeper, err error) {
	var wanted []message.Text
	for i, text := range []message.Text{message.HostText, message.RefererText, message.UserAgentText} {
		if keep&(1<<i) != 0 {
			wanted = append(wanted, text)
		}
	}
	k.finder = message.NewFinder(wanted...)
	if k.page, err = backend.MapArray[int32](exchanges); err != nil {
		return k, err
	}
	if k.pages, err = backend.NewArena(exchanges, backend.Align); err != nil {
		return k, err
	}
	k.memory = k.pages.All()
	return k, nil
}

func (k *keeper) destroy() {
	backend.UnmapArray(k.page)
	if k.pages != nil {
		_ = k.pages.Destroy()
	}
}

// of is what is kept of exchange i, from begin to end.
func (k *keeper) of(i int32) *kept {
	return (*kept)(unsafe.Pointer(&k.memory[int(k.page[i])*backend.Align]))
}

// begin keeps what is wanted of a request, of which this has been received from its
// first byte on. r is nil if it could not be understood.
func (k *keeper) begin(i int32, received []byte, r *message.Request) {
	page := k.pages.Take()
	backend.Assert(page >= 0, "httpx: more requests kept than exchanges")
	k.page[i] = page
	kept := k.of(i)
	kept.index, kept.first, kept.source = i, 0, NoFile
	k.finder.Find(received, r, &kept.texts)
}

// end forgets it.
func (k *keeper) end(i int32) { k.pages.Give(k.page[i]) }
