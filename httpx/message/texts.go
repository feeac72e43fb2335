// The texts of a request that an observer may want: they are kept while the exchange is
// open, since the head is not. observed.go finds them.

package message

// Text is one of the texts that are kept of a request.
type Text uint8

// The texts.
const (
	LineText Text = iota // the request line
	HostText             // the fields of these names
	RefererText
	UserAgentText
	NumTexts
)

// The most bytes of a request line and of a field in Texts; more are cut off.
const (
	MaxLine      = 1 << 10
	MaxFieldText = 1 << 9
)

// TextSlack is how many bytes can be read after the end of any text, whatever they are.
const TextSlack = 8

// Texts are texts that a client has sent, of any bytes. They lie one after the other, so
// those of most requests take a few cache lines. It holds no pointers, so it can live in
// mapped memory.
type Texts struct {
	ends [NumTexts]struct{ from, to uint16 } // in all; 0 if there is none
	used uint16
	all  [1 + MaxLine + (int(NumTexts)-1)*MaxFieldText + TextSlack]byte // the first is none's
}

// Clear makes t one without texts.
func (t *Texts) Clear() { t.ends, t.used = [NumTexts]struct{ from, to uint16 }{}, 1 }

// Put keeps a text, or as much of it as there may be, if it is the first of its kind.
func (t *Texts) Put(which Text, value []byte) {
	most := MaxFieldText
	if which == LineText {
		most = MaxLine
	}
	if e := &t.ends[which]; e.to == 0 {
		e.from = t.used
		t.used += uint16(copy(t.all[t.used:], value[:min(len(value), most)]))
		e.to = t.used
	}
}

// Of is one of the texts, empty if there is none. It is valid until t changes.
func (t *Texts) Of(which Text) []byte {
	e := t.ends[which]
	return t.all[e.from:e.to]
}
