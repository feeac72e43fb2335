package auth

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// bcryptOf is the hash of a password, as cheap as there is.
func bcryptOf(t testing.TB, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func argon2Of(password string) string {
	salt := []byte("salt of 16 bytes")
	key := argon2.IDKey([]byte(password), salt, 2, 64, 3, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=64,t=2,p=3$%s$%s", encode(salt), encode(key))
}

func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

func TestBasic(t *testing.T) {
	for _, c := range []struct {
		value, user, password string
		ok                    bool
	}{
		{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame", true}, // RFC 7617 §2
		{"Basic dGVzdDoxMjPCow==", "test", "123£", true},                       // §2.1
		{"basic   dGVzdDoxMjPCow==", "test", "123£", true},
		{basic("a:b:c"), "a", "b:c", true},
		{basic(":"), "", "", true},
		{basic("a:" + strings.Repeat("x", 700)), "a", strings.Repeat("x", 700), true},
		{basic("a:" + strings.Repeat("x", MaxCredentials)), "", "", false},
		{"Basic " + strings.Repeat("A", 16000), "", "", false},
		{basic("no colon"), "", "", false},
		{basic("a:b\x00"), "", "", false},
		{basic("a\r\n:b"), "", "", false},
		{basic("a:b\x7f"), "", "", false},
		{"", "", "", false},
		{"Basic", "", "", false},
		{"Basic ", "", "", false},
		{"Basic !!!", "", "", false},
		{"Basic YTpi=", "", "", false},
		{"Basic YTp", "", "", false},
		{"Basic YTpi YTpi", "", "", false},
		{"Basic YTpi, Basic YTpi", "", "", false},
		{"Basis YTpi", "", "", false},
		{"Bearer YTpi", "", "", false},
		{"YTpi", "", "", false},
	} {
		var dst [MaxCredentials]byte
		user, password, ok := ParseBasic([]byte(c.value), &dst)
		if ok != c.ok || ok && (string(user) != c.user || string(password) != c.password) {
			t.Errorf("%.40q: %q, %q, %v", c.value, user, password, ok)
		}
	}
}

func FuzzBasic(f *testing.F) {
	f.Add("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
	f.Add("basic :")
	f.Fuzz(func(t *testing.T, value string) {
		var dst [MaxCredentials]byte
		user, password, ok := ParseBasic([]byte(value), &dst)
		if !ok {
			return
		}
		if strings.Contains(string(user), ":") || hasControl(user) || hasControl(password) {
			t.Errorf("%q: user %q, password %q", value, user, password)
		}
		if u, p, ok := ParseBasic([]byte(basic(string(user)+":"+string(password))), new([MaxCredentials]byte)); !ok || string(u) != string(user) || string(p) != string(password) {
			t.Errorf("%q does not come back", value)
		}
	})
}

func TestPasswordFile(t *testing.T) {
	good := bcryptOf(t, "x")
	argon := argon2Of("x")
	for _, c := range []struct{ text, want string }{
		{"bob:" + good, ""},
		{"\ufeff# users\r\n\r\nbob:" + good + ":a comment\r\nann:" + argon + "\n", ""},
		{"bob:$2b" + good[3:], ""},
		{"bob:$2y" + good[3:], ""},
		{"", "no users"},
		{"# nobody\n", "no users"},
		{"bob", "line 1: want USER:HASH"},
		{":" + good, "line 1: want USER:HASH"},
		{"\nbob:" + good + "\nbob:" + good, `line 3: user "bob" is there already`},
		{"b\x01b:" + good, "control characters"},
		{strings.Repeat("b", 256) + ":" + good, "at most 255"},
		{"bob:", "no hash: make a hash"},
		{"bob:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "a SHA-1 hash: make a hash that is slow to guess with 'htpasswd -B'"},
		{"bob:$apr1$abc$def", "an MD5 hash (apr1): make"},
		{"bob:$6$abc$def", "crypt(3)"},
		{"bob:plain", "neither a bcrypt"},
		{"bob:$2x" + good[3:], "another version of bcrypt"},
		{"bob:$2y$99" + good[6:], "malformed"},
		{"bob:$2y$17" + good[6:], "cost 17 takes too long"},
		{"bob:" + good[:59], "cut off"},
		{"bob:" + good[:59] + "!", "malformed"},
		{"bob:$argon2i$v=19$m=64,t=2,p=3$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "other than argon2id"},
		{"bob:$argon2id$m=64,t=2,p=3$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "malformed"},
		{"bob:$argon2id$v=19$t=2,m=64,p=3$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "malformed"},
		{"bob:$argon2id$v=19$m=64,t=0,p=3$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "malformed"},
		{"bob:$argon2id$v=19$m=-1,t=2,p=3$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "malformed"},
		{"bob:$argon2id$v=19$m=64,t=2,p=9$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "9 lanes"},
		{"bob:$argon2id$v=19$m=64,t=999,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "too long"},
		{"bob:$argon2id$v=19$m=67108864,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "too long"}, // 64 GiB
		{"bob:$argon2id$v=19$m=4294967295,t=64,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "too long"},
		{"bob:$argon2id$v=19$m=2097152,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "more than the 1024 MiB"},
		{"bob:$argon2id$v=19$m=64,t=2,p=1$c2Fs$" + strings.Repeat("A", 43), "malformed"},
		{"bob:$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$AAAA", "malformed"},
		{strings.Repeat("#\n", MaxFile), "more than"},
	} {
		u, err := Parse([]byte(c.text), 1<<30)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80q: %v, want %q", c.text, err, c.want)
		}
		if err == nil && u.hashes["bob"] == nil {
			t.Errorf("%.80q: no bob", c.text)
		}
	}
}

func FuzzPasswordFile(f *testing.F) {
	f.Add("bob:" + bcryptOf(f, "x") + "\nann:" + argon2Of("x"))
	f.Add("#\n:\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := Parse([]byte(text), 1<<20)
		if err != nil {
			return
		}
		for name, h := range u.hashes {
			if name == "" || h.memory() > 1<<20 || h.lanes() > maxLanes {
				t.Errorf("%q: user %q with %d bytes and %d lanes", text, name, h.memory(), h.lanes())
			}
			if h.bcrypt == nil || strings.HasPrefix(string(h.bcrypt[4:]), "04$") {
				h.matches([]byte("password")) // does not panic
			}
		}
	})
}

func newTestChecker() *Checker {
	return NewChecker(2, func(int64) bool { return true }, func(int64) {})
}

func always() bool { return true }

func TestPasswordsAreChecked(t *testing.T) {
	u, err := Parse([]byte("bob:"+bcryptOf(t, "geheim ü")+"\nann:"+argon2Of("geheim ü")+"\nempty:"+bcryptOf(t, "")), math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, password string
		want           Verdict
	}{
		{"bob", "geheim ü", Admitted}, {"ann", "geheim ü", Admitted}, {"empty", "", Admitted},
		{"bob", "geheim", Denied}, {"ann", "", Denied}, {"empty", "x", Denied},
		{"Bob", "geheim ü", Denied}, {"none", "geheim ü", Denied}, {"", "", Denied}, {"bo", "bgeheim ü", Denied},
	} {
		checker := newTestChecker()
		claim := checker.NewClaimant().Claim(u, []byte(c.user), []byte(c.password))
		if checker.Remembers(&claim.Sum) {
			t.Error("known before it was checked")
		}
		if got := checker.Check(&claim, []byte(c.password), always); got != c.want {
			t.Errorf("%s, %q: %v, want %v", c.user, c.password, got, c.want)
		}
		again := checker.NewClaimant().Claim(u, []byte(c.user), []byte(c.password))
		if checker.Remembers(&again.Sum) != (c.want == Admitted) {
			t.Errorf("%s, %q: remembered wrongly", c.user, c.password)
		}
		for _, other := range [][2]string{{c.user, c.password + "x"}, {c.user + "x", c.password}, {"", c.user + c.password}} {
			if o := checker.NewClaimant().Claim(u, []byte(other[0]), []byte(other[1])); o.Sum == again.Sum && other[1] != c.password {
				t.Errorf("%q has the sum of another", other)
			}
		}
		if newTestChecker().Remembers(&again.Sum) {
			t.Error("another checker remembers it")
		}
	}
	checker := newTestChecker()
	claim := checker.NewClaimant().Claim(u, []byte("bob"), []byte("geheim ü"))
	if got := checker.Check(&claim, []byte("geheim ü"), func() bool { return false }); got != Unknown {
		t.Errorf("checked for nobody: %v", got)
	}
	full := NewChecker(1, func(n int64) bool { return n == 0 }, func(int64) {})
	for user, want := range map[string]Verdict{"bob": Admitted, "ann": NoMemory} {
		claim := full.NewClaimant().Claim(u, []byte(user), []byte("geheim ü"))
		if got := full.Check(&claim, []byte("geheim ü"), always); got != want {
			t.Errorf("%s without memory: %v, want %v", user, got, want)
		}
	}
}

// An unknown user costs a hash as well, always the same one.
func TestUnknownUserCostsAHash(t *testing.T) {
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "user%d:%s\n", i, bcryptOf(t, "x"))
	}
	u, err := Parse([]byte(text.String()), math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	m := newTestChecker().NewClaimant()
	seen := map[*passwordHash]bool{}
	for i := range 50 {
		name := []byte(fmt.Sprint("nobody", i))
		a, b := m.Claim(u, name, []byte("one")), m.Claim(u, name, []byte("another"))
		if a.known || a.hash == nil || a.hash != b.hash {
			t.Errorf("%s: %+v and %+v", name, a, b)
		}
		seen[a.hash] = true
	}
	if len(seen) < 5 {
		t.Errorf("all get one of %d hashes", len(seen))
	}
}

// Claims cost no allocation.
func TestClaimDoesNotAllocate(t *testing.T) {
	u, err := Parse([]byte("bob:"+bcryptOf(t, "x")), math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	c := newTestChecker()
	m := c.NewClaimant()
	value := []byte(basic("bob:x"))
	var dst [MaxCredentials]byte
	if n := testing.AllocsPerRun(100, func() {
		user, password, _ := ParseBasic(value, &dst)
		claim := m.Claim(u, user, password)
		c.Remembers(&claim.Sum)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The table is bounded, forgets after a while, and never takes one sum for another.
func TestRememberedIsBounded(t *testing.T) {
	var r remembered
	sum := func(i int) (s Sum) { copy(s[:], fmt.Sprintf("%04x%d", i%50, i)); return s }
	for i := range 5000 {
		r.add(sum(i), int64(i))
		if s := sum(i); !r.has(&s, int64(i)) || r.has(&s, int64(i)+rememberFor) {
			t.Fatalf("%d: not remembered, or for too long", i)
		}
	}
	for i := 5000; i < 6000; i++ {
		if s := sum(i); r.has(&s, 5000) {
			t.Errorf("%d was never added", i)
		}
	}
}

// Places are shared by all, and hashes that want more than there are get all.
func TestChecksShareCPUs(t *testing.T) {
	c := NewChecker(3, nil, nil)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			n := c.enter(1 + i%8)
			if len(c.places) > 3 || n > 3 {
				t.Errorf("%d places taken", n)
			}
			c.leave(n)
		})
	}
	wait.Wait()
}

// log is what has been logged.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(b []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.text.Write(b) }

func (l *log) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// A file that changes is read again. One that is gone or broken changes nothing.
func TestFileIsReadAgain(t *testing.T) {
	name := filepath.Join(t.TempDir(), "users")
	logged := &log{}
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (*File, error) { return Open(name, 1<<20, slog.New(slog.NewTextHandler(logged, nil))) }
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "make it with 'htpasswd -B -c") {
		t.Errorf("missing: %v", err)
	}
	write("bob:x", 0o600)
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("broken: %v", err)
	}
	hash := bcryptOf(t, "x")
	write("bob:"+hash, 0o600)
	f, err := open()
	if err != nil || logged.take() != "" {
		t.Fatal(err)
	}
	look := func() (names string, said string) {
		f.looked.Store(-lookEvery)
		f.Look()
		return fmt.Sprint(len(f.Users().hashes)), logged.take()
	}
	before := f.Users()
	if n, said := look(); n != "1" || said != "" || f.Users() != before {
		t.Errorf("unchanged: %s users, %q", n, said)
	}
	write("bob:"+hash+"\nann:"+hash+"\n", 0o600)
	if n, said := look(); n != "2" || !strings.Contains(said, "read again") {
		t.Errorf("changed: %s users, %q", n, said)
	}
	write("bob:"+hash+"\nann:"+hash[:20], 0o600) // half written
	for i := range 2 {
		if n, said := look(); n != "2" || strings.Contains(said, "line 2") != (i == 0) {
			t.Errorf("broken: %s users, %q", n, said)
		}
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if n, said := look(); n != "2" || !strings.Contains(said, "no such file") {
		t.Errorf("gone: %s users, %q", n, said)
	}
	write("ann:"+hash, 0o600)
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if n, said := look(); n != "1" || !strings.Contains(said, "anybody on this machine") {
		t.Errorf("back: %s users, %q", n, said)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}
