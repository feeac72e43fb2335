package process_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"aws/httpx/process"
)

// upper is a processor that turns the letters of text files into capitals.
type upper struct{}

func (upper) Prepare(r *process.Response) bool {
	if !strings.HasPrefix(r.Type, "text/plain") {
		return false
	}
	r.Suffix += "-upper" // other bytes: another ETag
	return true
}

func (upper) Open(_ *process.Response, w io.Writer) (io.WriteCloser, error) {
	return uppering{w}, nil
}

type uppering struct{ w io.Writer }

func (u uppering) Write(b []byte) (int, error) {
	b = bytes.Clone(b) // b is the caller's
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return u.w.Write(b)
}

func (uppering) Close() error { return nil }

func ExampleProcessor() {
	processor := process.Chain(upper{}, process.NewDigester())
	response := &process.Response{Path: "/dynamic/hello.txt", Type: "text/plain", Size: 16, Trailers: true}
	fmt.Println(processor.Prepare(response), response.Suffix)

	w, err := processor.Open(response, os.Stdout)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = io.WriteString(w, "Hello from aws.\n")
	fmt.Println(errors.Join(err, w.Close()))
	fmt.Println(response.Trailer+":", w.(process.TrailerWriter).Trailer())
	// Output:
	// true -upper
	// HELLO FROM AWS.
	// <nil>
	// Repr-Digest: sha-256=:JD/VcKwmuAXPENJ0Ins0cfQ7hZ6irP7axiAAnUWfVDY=:
}

// The example in docs/hacking.md is the one that is tested here.
func TestHackingHasTheExample(t *testing.T) {
	source, err := os.ReadFile("processor_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/hacking.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := bytes.Cut(source, []byte(")\n\n"))
	example, _, _ = bytes.Cut(example, []byte("\nfunc Example"))
	if len(example) == 0 || !bytes.Contains(doc, example) {
		t.Errorf("docs/hacking.md does not have\n%s", example)
	}
}
