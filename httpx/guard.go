// Passwords of requests that are being decided on: the loop's side of package auth.
//
//	admit.go ─► admit ─► remembered? ─► 0
//	              └─► a look at the file, or a check of the password, on a goroutine
//	                    └─► next ─► whoever waits for it decides again (lookingup.go)
//
// A check is shared by all requests of the loop with the same credentials. What it
// has found out is kept for each until its request has been decided.

package httpx

import (
	"errors"
	"sync/atomic"

	"aws/backend"
	"aws/httpx/auth"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/offload"
)

// maxChecks bounds the checks of a loop that are under way or wait for a CPU.
const maxChecks = 64

// guard guards what passwords protect.
type guard struct {
	files    []*auth.File // by site.AuthRule.Number
	checker  *auth.Checker
	claimant *auth.Claimant
	pool     *offload.Pool[checked]

	under []*check     // way: passwords at most maxChecks, then one look for each file
	count int          // of these
	ready backend.List // exchanges that are to be told

	waits []int32        // by exchange: the number of the check it waits for and 1, or isReady, or 0
	links []backend.Link // by exchange, of check.askers
	found []finding      // by exchange

	credentials [auth.MaxCredentials]byte
}

// check is a look at a file, or a check of a password.
type check struct {
	claim  auth.Claim // or none, of a look
	askers backend.List
	wanted atomic.Bool // somebody waits for it
}

// checked is the note of a goroutine.
type checked struct {
	number  int32
	verdict auth.Verdict
}

// isReady marks an exchange in guard.ready.
const isReady = -1

// finding is what a check has found out for an exchange: the status is 0, 401 or 503.
// Without a sum there is none.
type finding struct {
	sum    auth.Sum
	status int32
}

func newGuard(exchanges int, all []*auth.File, c *auth.Checker, wake func()) (*guard, error) {
	g := &guard{files: all, checker: c, claimant: c.NewClaimant(), under: make([]*check, maxChecks+len(all)), ready: backend.NewList()}
	g.pool = offload.NewPool[checked](nil, wake)
	var errs [3]error
	g.waits, errs[0] = backend.MapArray[int32](exchanges)
	g.links, errs[1] = backend.MapArray[backend.Link](exchanges)
	g.found, errs[2] = backend.MapArray[finding](exchanges)
	return g, errors.Join(errs[:]...)
}

// destroy frees what the guard holds. A goroutine that still computes is left alone.
func (g *guard) destroy() {
	g.pool.Close()
	backend.UnmapArray(g.waits)
	backend.UnmapArray(g.links)
	backend.UnmapArray(g.found)
}

// busy says that checks are under way, whose ends next tells.
func (g *guard) busy() bool { return g.count > 0 }

// admit says whether the credentials in an Authorization field are those of a user
// of a file: 0, or 401, or 503 if there is too much to do, or files.Pending. Then
// exchange i hears of it.
func (g *guard) admit(i int32, file int, field []byte) (status int) {
	user, password, ok := auth.ParseBasic(field, &g.credentials)
	if !ok {
		return message.StatusUnauthorized
	}
	f := g.files[file]
	if !f.Fresh() {
		n := int32(maxChecks + file)
		if g.under[n] == nil {
			g.begin(n, &check{}, func(*check) auth.Verdict { f.Look(); return auth.Unknown })
		}
		g.ask(g.under[n], n, i)
		return files.Pending
	}
	claim := g.claimant.Claim(f.Users(), user, password)
	if v := &g.found[i]; v.sum == claim.Sum {
		return int(v.status)
	}
	if g.checker.Remembers(&claim.Sum) {
		return 0
	}
	return g.check(i, claim, password)
}

// check makes exchange i wait for a check of a claim.
func (g *guard) check(i int32, claim auth.Claim, password []byte) (status int) {
	vacant := int32(none)
	for n, c := range g.under[:maxChecks] {
		switch {
		case c == nil:
			vacant = int32(n)
		case c.claim.Sum == claim.Sum:
			g.ask(c, int32(n), i)
			return files.Pending
		}
	}
	if vacant == none {
		return message.StatusUnavailable
	}
	c := &check{claim: claim}
	password = append([]byte(nil), password...)
	checker := g.checker
	g.begin(vacant, c, func(c *check) auth.Verdict { return checker.Check(&c.claim, password, c.wanted.Load) })
	g.ask(c, vacant, i)
	return files.Pending
}

// begin has a goroutine make a check. Nobody waits for that when the server ends.
func (g *guard) begin(n int32, c *check, do func(*check) auth.Verdict) {
	c.askers = backend.NewList()
	c.wanted.Store(true)
	g.under[n] = c
	g.count++
	pool := g.pool
	pool.Go(func() {
		v := checked{number: n}
		pool.Abroad(func() { v.verdict = do(c) })
		pool.Post(v)
	})
}

// ask makes an exchange wait for a check.
func (g *guard) ask(c *check, n, i int32) {
	g.forget(i)
	c.askers.PushBack(g.links, i)
	c.wanted.Store(true)
	g.waits[i] = n + 1
}

// forget makes an exchange wait for nothing, and forgets what has been found out for
// it.
func (g *guard) forget(i int32) {
	g.found[i] = finding{}
	switch n := g.waits[i]; {
	case n == isReady:
		g.ready.Remove(g.links, i)
	case n > 0:
		c := g.under[n-1]
		c.askers.Remove(g.links, i)
		c.wanted.Store(!c.askers.Empty())
	}
	g.waits[i] = 0
}

// waiting says that an exchange waits for a check.
func (g *guard) waiting(i int32) bool { return g.waits[i] != 0 }

// collect takes the notes of the goroutines.
func (g *guard) collect() {
	for _, v := range g.pool.Collect() {
		c := g.under[v.number]
		g.under[v.number] = nil
		g.count--
		for i := c.askers.First; i != none; i = c.askers.First {
			c.askers.Remove(g.links, i)
			g.ready.PushBack(g.links, i)
			g.waits[i] = isReady
			switch v.verdict {
			case auth.Admitted:
				g.found[i] = finding{c.claim.Sum, 0}
			case auth.Denied:
				g.found[i] = finding{c.claim.Sum, message.StatusUnauthorized}
			case auth.NoMemory:
				g.found[i] = finding{c.claim.Sum, message.StatusUnavailable}
			}
		}
	}
}

// next takes the next exchange that is to be decided on again.
func (g *guard) next() (i int32, ok bool) {
	if i = g.ready.First; i == none {
		return none, false
	}
	g.ready.Remove(g.links, i)
	g.waits[i] = 0
	return i, true
}
