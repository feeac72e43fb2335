// Hashing large files after their responses have begun: until the hash is known, they
// have no entity tag.

package files

import "aws/httpx/message"

// hashDevice stands for the places of goroutines that hash large files: they take none
// from look-ups. Files that may take for ever have their own.
const hashDevice = uint64(1) << 63

// hashLater starts to hash entry i, which is large, unless that is under way or too
// many others are.
func (f *Table) hashLater(i int32) {
	e := &f.entries[i]
	device := hashDevice
	if e.nature == remote {
		device++
	}
	if s := f.calls.systems[device]; e.hashing || s != nil && s.inside == callsAtOnce {
		return
	}
	e.hashing = true
	p := f.calls.add(hashCall, device, Moment{})
	p.entry = i
	f.pin(i)
	fd, id, n, hashes, stop := int(e.File.FD), e.ID, e.nature, f.hashes, f.stopped
	p.task.do = func(a *answer) { a.hash, a.id = hashes.ofLarge(fd, id, n, stop) }
	f.calls.submit(p, f.now)
}

// hashed takes the hash of an entry, if it could be made.
func (f *Table) hashed(p *call, a *answer) {
	e := &f.entries[p.entry]
	if a.hash.known() { // otherwise this version of it stays without
		e.untagged, e.ID = false, a.id
		key := e.key
		e.Fields, e.Coding = newFields(e.Mount, key[keyPrefix:len(key)-1], message.Coding(key[keyPrefix-1]), &a.opened)
	}
	f.Release(p.entry)
}
