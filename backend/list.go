package backend

// None marks the absence of an index: of a slot, a file or a buffer.
const None int32 = -1

// List is a doubly linked list of small integers, such as slots, whose links
// live in an array: putting in, taking out and moving cost O(1) and no
// allocation. One links array serves any number of lists as long as a member
// is on one of them at a time.
type List struct {
	First, last int32
}

type Link struct {
	prev, Next int32
}

func NewList() List { return List{First: None, last: None} }

func (l *List) Empty() bool { return l.First == None }

func (l *List) PushBack(links []Link, i int32) {
	links[i] = Link{prev: l.last, Next: None}
	if l.last == None {
		l.First = i
	} else {
		links[l.last].Next = i
	}
	l.last = i
}

func (l *List) Remove(links []Link, i int32) {
	at := links[i]
	if at.prev == None {
		l.First = at.Next
	} else {
		links[at.prev].Next = at.Next
	}
	if at.Next == None {
		l.last = at.prev
	} else {
		links[at.Next].prev = at.prev
	}
}
