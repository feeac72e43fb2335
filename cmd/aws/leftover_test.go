package main_test

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// victimVariable makes a test binary the victim of
// TestKilledTestLeavesNoServer. Its value is the server's path.
const victimVariable = "AWS_TEST_VICTIM"

// A test binary that is killed in the middle leaves no server behind, nor the
// server of a strace.
func TestKilledTestLeavesNoServer(t *testing.T) {
	if os.Getenv(victimVariable) != "" {
		waitForDeath(t)
	}
	t.Parallel()
	needs(t, "strace")
	victim := children.Command(t, "/proc/self/exe", "-test.run=^TestKilledTestLeavesNoServer$")
	victim.Env = append(os.Environ(), victimVariable+"="+built.aws, "TMPDIR="+t.TempDir())
	out, err := victim.StdoutPipe()
	must(t, err)
	must(t, victim.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	servers := strings.Fields(line)
	for _, pid := range servers {
		if name := commandOf(t, pid); name != "aws" {
			t.Fatalf("%s is %q, not a server, in %q", pid, name, line)
		}
	}
	must(t, victim.Kill()) // its group: the servers have others
	if err := victim.Wait(); err == nil || len(servers) != len(backends)+1 {
		t.Fatalf("%v, %q; want the death of the victim, and its servers", err, line)
	}
	for _, pid := range servers {
		children.Eventually(t, "the end of server "+pid, func() bool { return commandOf(t, pid) == "" })
	}
}

// waitForDeath starts servers and prints their process numbers.
func waitForDeath(t *testing.T) {
	var pids []string
	for _, w := range []way{raw(backends[0]), raw(backends[1]), traced(t, raw(backends[0]), "accept4")} {
		pids = append(pids, strconv.Itoa(start(t, w, ".", "--mount=/=.").pid))
	}
	fmt.Println(strings.Join(pids, " "))
	select {}
}

// commandOf is the name of the program that a process runs, "" once it has ended.
func commandOf(t *testing.T, pid string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(string(text), pid+" ("), ") ")
	if rest == "" || strings.ContainsAny(rest[:1], "ZX") { // ended, but nobody has waited for it yet
		return ""
	}
	return name
}
