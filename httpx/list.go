package httpx

// none marks the absence of an index: of a slot, a file or a buffer.
const none int32 = -1

// list is a doubly linked list of small integers, such as slots, whose links
// live in an array: putting in, taking out and moving cost O(1) and no
// allocation. One links array serves any number of lists as long as a member
// is on one of them at a time.
type list struct {
	first, last int32
}

type link struct {
	prev, next int32
}

func newList() list { return list{first: none, last: none} }

func (l *list) empty() bool { return l.first == none }

func (l *list) pushBack(links []link, i int32) {
	links[i] = link{prev: l.last, next: none}
	if l.last == none {
		l.first = i
	} else {
		links[l.last].next = i
	}
	l.last = i
}

func (l *list) remove(links []link, i int32) {
	at := links[i]
	if at.prev == none {
		l.first = at.next
	} else {
		links[at.prev].next = at.next
	}
	if at.next == none {
		l.last = at.prev
	} else {
		links[at.next].prev = at.prev
	}
}
