package limit

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"aws/backend"
	"aws/httpx/httpxtest"
)

// client is the n-th of many addresses.
func client(n int) backend.Address {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 10<<24+uint32(n))
	return backend.AddressFrom(netip.AddrPortFrom(netip.AddrFrom4(ip), 1))
}

func newTable(t testing.TB, clients int) *Table {
	t.Helper()
	table, err := NewTable(clients)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Random pins behave as in a map: a client has one place while it has a pin, and none
// that another client has, unless it is a shared one.
func TestTableAgainstModel(t *testing.T) {
	table := newTable(t, 1)
	r := rand.New(rand.NewPCG(1, 3))
	type pinned struct {
		at    int32
		count int
	}
	model, owners := map[int]pinned{}, map[int32]int{}
	shared := 0
	for range 400_000 {
		n := r.IntN(100_000)
		m, has := model[n]
		switch {
		case has && r.IntN(3) > 0:
			table.Unpin(m.at)
			if m.count--; m.count == 0 {
				delete(model, n)
				delete(owners, m.at)
			} else {
				model[n] = m
			}
		default:
			at := table.Pin(client(n), 0)
			if isShared(at) {
				shared++
				table.Unpin(at)
				continue
			}
			if owner, taken := owners[at]; taken && owner != n || has && m.at != at {
				t.Fatalf("client %d gets place %d, and had %+v; it is client %d's", n, at, m, owner)
			}
			model[n], owners[at] = pinned{at, m.count + 1}, n
		}
	}
	if u := table.Use(); u.Clients != len(model) || u.Connections != 0 {
		t.Errorf("%+v, and %d clients are pinned", u, len(model))
	}
	if shared == 0 {
		t.Error("the table was never full")
	}
	for n, m := range model {
		for range m.count {
			table.Unpin(m.at)
		}
		delete(model, n)
	}
	if u := table.Use(); u != (Use{}) {
		t.Errorf("left over: %+v", u)
	}
}

// An attacker with a million addresses fills nobody's bucket, neither its own nor those of
// others, and takes no place from a client with a connection.
func TestManyAddressesFillNoBucket(t *testing.T) {
	table := newTable(t, 1000)
	rate := NewRate(1, time.Second, 5)
	const now = int64(time.Hour)
	use := func(at int32) (passed int) {
		for table.Requests(at).Take(&rate, now) == 0 {
			passed++
		}
		return passed
	}
	own := table.Pin(client(0), now)
	if n := use(own); n != 5 {
		t.Fatalf("%d pass at first", n)
	}
	table.Unpin(own) // it goes away, with an empty bucket
	held := table.Pin(client(1), now)
	table.Connect(held, 10)
	refused := 0
	for n := 2; n < 1_000_000; n++ {
		at := table.Pin(client(n), now)
		if table.Requests(at).Take(&rate, now) > 0 {
			refused++
		}
		table.Unpin(at)
	}
	if at := table.Pin(client(0), now); at != own || use(at) != 0 {
		t.Errorf("after many others it has place %d, not %d", at, own)
	}
	if at := table.Pin(client(1), now); at != held || table.Connect(at, 10) != 2 {
		t.Errorf("its connection is counted at %d, not at %d", at, held)
	}
	// All who find no place share what one client has for each group.
	groups := len(table.groups)
	if most := (ways + 5) * groups; 999_998-refused > most {
		t.Errorf("%d of them passed, more than %d", 999_998-refused, most)
	}
	// A minute later all is forgotten, and a newcomer has a full bucket.
	later := now + int64(time.Minute)
	at := table.Pin(client(2_000_000), later)
	if isShared(at) || table.Requests(at).Take(&rate, later) > 0 {
		t.Error("a newcomer finds no place")
	}
}

// Many threads that pin the same clients at the same time get the same places, count no
// connection too many, and leave nothing.
func TestTableConcurrently(t *testing.T) {
	table := newTable(t, 1)
	const threads, clients, most = 8, 300, 5
	var running sync.WaitGroup
	for seed := range uint64(threads) {
		running.Go(func() {
			r := rand.New(rand.NewPCG(seed, 7))
			for range 20_000 {
				at := table.Pin(client(r.IntN(clients)), 0)
				if n := table.Connect(at, most); n > most {
					t.Errorf("%d connections", n)
				} else if n > 0 {
					if r.IntN(8) == 0 {
						runtime.Gosched()
					}
					table.Disconnect(at)
				}
				table.Unpin(at)
			}
		})
	}
	running.Wait()
	if u := table.Use(); u != (Use{}) {
		t.Errorf("left over: %+v", u)
	}
	for n := range 2000 { // all at once, each of them for the first time
		var places [threads]int32
		var start sync.WaitGroup
		start.Add(threads)
		for i := range threads {
			running.Go(func() {
				start.Done()
				start.Wait()
				places[i] = table.Pin(client(clients+n), 0)
			})
		}
		running.Wait()
		own := places[0]
		for _, at := range places {
			if isShared(own) {
				own = at
			}
			if !isShared(at) && at != own { // one that did not get the lock shares a place
				t.Fatalf("client %d has the places %v", n, places)
			}
		}
		for _, at := range places {
			table.Unpin(at)
		}
	}
}

// Clients of IPv6 are networks of 64 bits, those of IPv4 in IPv6 are of IPv4.
func TestClientsOfOneNetwork(t *testing.T) {
	table := newTable(t, 1)
	place := func(s string) int32 { return table.Pin(backend.AddressFrom(netip.MustParseAddrPort(s)), 0) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::2]:2", true},
		{"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"0.0.0.1:1", "[0:1::]:1", false},
	} {
		if a, b := place(c.a), place(c.b); (a == b) != c.same {
			t.Errorf("%s has place %d, %s has %d", c.a, a, c.b, b)
		}
	}
}

// A place is half a line of the processor's cache, and using it allocates nothing.
func TestPlacesAreCheap(t *testing.T) {
	if n := unsafe.Sizeof(place{}); n != 32 {
		t.Errorf("a place has %d bytes", n)
	}
	if httpxtest.RaceEnabled {
		return // the race detector allocates
	}
	table, rate := newTable(t, 1), NewRate(1000, time.Second, 1000)
	if n := testing.AllocsPerRun(1000, func() {
		at := table.Pin(client(1), 0)
		table.Connect(at, 10)
		table.Requests(at).Take(&rate, 0)
		table.Bytes(at).Reserve(&rate, 10, 0)
		table.Disconnect(at)
		table.Unpin(at)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
