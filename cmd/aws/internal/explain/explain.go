// Package explain shows what an engine asks of the kernel for one request: every
// system call and every entry of a ring, in order, with a sentence each.
//
//	aws explain ── Session ──HTTP──► aws serving, watched by a Recorder
//	                  │  ◄─── pipe ───────────┘ (record.go)
//	                  ▼
//	                 Run ─► Describe ─► Text, Page, JSON
//
// The server is a process of its own for each engine, so nothing but its own calls is
// seen, and it serves as it always does.
//
// Files: session.go, client.go the side that asks; record.go the side that serves;
// describe.go, args.go, names.go how a call is written; words.go, wordsring.go,
// wordsfile.go the sentences; fold.go, text.go, page.go what people get.
package explain

import (
	"time"

	"aws/backend/kernel"
)

// Record is an event, and the thread that it is of.
type Record struct {
	kernel.Event
	Thread int
}

// Step is what happens between two rests of the server.
type Step struct {
	Title   string
	Answer  string // of the server: its status and the length of the body
	Records []Record
	Lines   []Line // Records as they are shown
}

// Run is what one engine has done.
type Run struct {
	Engine string
	Steps  []Step
	start  []Record // before there was a client
	Note   string   // why there are no steps, or what is to be known about them
}

// Line is a Record as it is shown.
type Line struct {
	Call   string   // the name; "SQE SEND" of an entry
	Args   []string // those that matter
	Result string
	Says   string // what it does here, and why: no figures
	Entry  bool   // of a ring, and no call
	Aside  bool   // on another thread than the loop's
	Waits  bool   // the loop sleeps in it
	Start  time.Duration
	Length time.Duration
}
