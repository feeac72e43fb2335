// How a file's bytes get to the socket with the engine of epoll, sendfile and
// Linux AIO, as its system calls show.

package main_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// reading are all system calls that bring a file's bytes into user space.
const reading = "read,pread64,readv,preadv,preadv2,mmap,io_submit"

// A static file in the page cache is sent by sendfile, and its bytes never enter user space.
func TestStaticNeverEntersUserSpace(t *testing.T) {
	t.Parallel()
	s := start(t, traced(t, raw("epoll-aio"), "sendfile,"+reading), fixture)
	c := s.dial(t)
	keepCached(t, filepath.Join(fixture, "static", large))
	c.send(get("/static/" + large))
	c.file(large)
	ofFile := s.trace(t).holding("/static/" + large + ">")
	sent := 0
	for _, call := range ofFile.of("sendfile") {
		sent += max(call.result, 0)
	}
	if sent != len(contents[large]) {
		t.Errorf("%d bytes by sendfile, want %d", sent, len(contents[large]))
	}
	if entered := ofFile.where(func(c call) bool { return c.name != "sendfile" }); len(entered) > 0 {
		t.Errorf("the file enters user space:\n%s", entered)
	}
}

// A dynamic file is read by Linux AIO with an eventfd, and sent from buffers.
func TestDynamicIsReadByAIO(t *testing.T) {
	t.Parallel()
	s := start(t, traced(t, raw("epoll-aio"), "sendfile,sendto,eventfd2,"+reading), fixture)
	c := s.dial(t)
	c.send(get("/dynamic/" + large))
	c.file(large)
	all := s.trace(t)
	submitted := all.of("io_submit").where(func(c call) bool { return !strings.Contains(c.args, ", 0, []") }) // the one at start
	if len(submitted) == 0 {
		t.Fatal("no io_submit")
	}
	for _, call := range submitted {
		for _, part := range []string{"IOCB_CMD_PREAD", "IOCB_FLAG_RESFD", "aio_resfd=", "[eventfd]"} {
			if !strings.Contains(call.args, part) {
				t.Fatalf("io_submit without %s: %s", part, call.line)
			}
		}
	}
	if raised := all.of("read").holding("[eventfd]"); len(raised) == 0 {
		t.Error("the eventfd is not read")
	}
	if moved := all.of("sendfile").where(func(c call) bool { return c.result > 0 }); len(moved) > 0 || len(all.of("sendto")) == 0 {
		t.Error("the file is not sent from buffers")
	}
	others := all.holding("/static/" + large + ">").where(func(c call) bool { return c.name != "io_submit" })
	if len(others) > 0 {
		t.Errorf("the file is read in other ways too:\n%s", others)
	}
}

// A connection is registered with epoll once, however many requests it brings.
func TestConnectionIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	s := start(t, traced(t, raw("epoll-aio"), "epoll_ctl"), fixture)
	c := s.dial(t)
	for range 50 {
		for _, tree := range trees {
			c.send(get(tree + medium))
			c.file(medium)
		}
	}
	ofConnections := s.trace(t).of("epoll_ctl").holding("->") // TCP:[a->b], unlike a listener
	if len(ofConnections) != 1 || len(ofConnections.holding("EPOLL_CTL_ADD")) != 1 {
		t.Errorf("100 requests on one connection, want one EPOLL_CTL_ADD:\n%s", ofConnections)
	}
}

// The loop does not wait for cold data. It opens the file with O_DIRECT, and
// io_submit returns before the data is there: the next epoll_wait does not know
// of it yet. A fast disk may win that race, so the file is fetched until it loses.
func TestColdReadsAreAwaitedElsewhere(t *testing.T) {
	t.Parallel()
	children.Eventually(t, "a read in flight after io_submit", func() bool {
		root := rootWith(t, "cold", contents[large])
		makeCold(t, filepath.Join(root, "static", "cold"))
		s := start(t, traced(t, raw("epoll-aio"), "openat2,io_submit,epoll_wait,epoll_pwait,read"), root, "--workers=1")
		c := s.dial(t)
		c.send(get("/dynamic/cold"))
		if _, body := c.answer("GET", 200); string(body) != string(contents[large]) {
			t.Errorf("%d bytes, not those of the file", len(body))
		}
		submitted, pending := directReads(t, s.trace(t))
		t.Logf("%d reads with O_DIRECT, %d of them seen in flight after io_submit", submitted, pending)
		if want := len(contents[large]) / (1 << 20); submitted < want {
			t.Fatalf("%d reads with O_DIRECT, want at least %d", submitted, want)
		}
		return pending > 0
	})
}

// With compression, a static file that gains nothing by it still never enters user
// space, and the loop does not wait for a cold one that does.
func TestCompressionReadsOnlyWhatGains(t *testing.T) {
	needs(t, "curl")
	t.Parallel()
	root := rootWith(t, "a.png", contents[large])
	keepCached(t, filepath.Join(root, "static", "a.png"))
	mustPublish(t, root, "cold.txt", string(contents[large]))
	makeCold(t, filepath.Join(root, "static", "cold.txt"))
	s := start(t, traced(t, raw("epoll-aio"), "openat2,epoll_wait,epoll_pwait,sendfile,"+reading), root, "--workers=1", "--compress=gzip")
	for path, coding := range map[string]string{"/static/a.png": "", "/static/cold.txt": "gzip"} {
		a := s.curl(t, path, "--compressed", "--header", "Accept-Encoding: gzip")
		a.want(t, 200, string(contents[large]))
		a.wantField(t, "Content-Encoding", coding)
	}
	all := s.trace(t)
	if entered := all.holding("/static/a.png>").where(func(c call) bool { return c.name != "sendfile" }); len(entered) > 0 {
		t.Errorf("a file that is not compressed enters user space:\n%s", entered)
	}
	if submitted, _ := directReads(t, all); submitted < len(contents[large])/(1<<20) {
		t.Errorf("%d reads of the cold file with O_DIRECT", submitted)
	}
}

// directReads counts the reads of the file that is opened with O_DIRECT, and how
// many of them an epoll_wait after io_submit did not know of.
func directReads(t *testing.T, all calls) (submitted, pending int) {
	t.Helper()
	opened := all.of("openat2").holding("O_DIRECT|")
	if len(opened) != 1 || opened[0].result < 0 {
		t.Fatalf("want the file opened with O_DIRECT once:\n%s", opened)
	}
	direct := fmt.Sprintf("aio_fildes=%d<", opened[0].result)
	inFlight := false
	for _, call := range all {
		switch {
		case call.name == "io_submit" && strings.Contains(call.args, direct):
			submitted++
			inFlight = true
		case inFlight && strings.HasPrefix(call.name, "epoll") && !strings.Contains(call.args, aioEvent):
			pending++
			inFlight = false
		case strings.HasPrefix(call.name, "epoll") && strings.Contains(call.args, aioEvent):
			inFlight = false
		}
	}
	return submitted, pending
}

// aioEvent is how strace shows the event of Linux AIO's eventfd.
const aioEvent = "data={u32=4294967294,"

// keepCached keeps a file in the page cache until the test ends. Of its own accord the
// kernel drops pages when it likes, and then aws reads them by AIO. A user who may not
// lock so much memory has to hope.
func keepCached(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	memory, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	must(t, err)
	t.Cleanup(func() { must(t, unix.Munmap(memory)) })
	if err := unix.Mlock(memory); err != nil && !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EPERM) {
		t.Fatal(err)
	}
}

// makeCold drops a file from the page cache.
func makeCold(t *testing.T, name string) {
	t.Helper()
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_DIRECT, 0)
	if err != nil {
		backendtest.Missing(t, fmt.Sprintf("no O_DIRECT on the file system of %s: %v", workDir, err))
	}
	defer unix.Close(fd)
	must(t, unix.Fsync(fd))
	left := 0
	for range 100 { // a page that somebody looks at stays for now
		must(t, unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED))
		if left = cachedPages(t, fd, len(contents[large])); left == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	backendtest.Missing(t, fmt.Sprintf("%d pages of %s stay in the page cache", left, name))
}

// cachedPages counts the pages of a file in the page cache (mincore(2)).
func cachedPages(t *testing.T, fd, size int) (n int) {
	t.Helper()
	memory, err := unix.Mmap(fd, 0, size, unix.PROT_READ, unix.MAP_SHARED)
	must(t, err)
	defer unix.Munmap(memory)
	pages := make([]byte, (size+os.Getpagesize()-1)/os.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&memory[0])),
		uintptr(size), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal(errno)
	}
	for _, p := range pages {
		n += int(p & 1)
	}
	return n
}
