package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aws/backend/backendtest/children"
)

// Two machines that have the same files agree about their tags, if they are asked to.
func TestETagsOfReplicas(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, of := range []string{"", "version", "mtime", "content"} {
			t.Run(of, func(t *testing.T) {
				t.Parallel()
				var args []string
				if of != "" {
					args = append(args, "--etag="+of)
				}
				args = append(args, "--precompressed=gzip", "--compress=gzip")
				modified := time.Unix(1_700_000_000, 123_456_789)
				var replicas []*client
				for range 2 {
					root := rootWith(t, "a.css", []byte(stylesheet))
					mustPublish(t, root, "b.css", stylesheet)
					mustPublish(t, root, "a.css.gz", string(coded(t, "gzip", stylesheet)))
					for _, name := range []string{"a.css", "b.css", "a.css.gz"} {
						must(t, os.Chtimes(filepath.Join(root, "static", name), modified, modified))
					}
					replicas = append(replicas, start(t, w, root, args...).dial(t))
				}
				for _, tree := range trees {
					seen := map[string]string{}
					for _, what := range []struct{ name, accept string }{{"a.css", "identity"}, {"a.css", "gzip"}, {"b.css", "identity"}} {
						var tags []string
						for _, c := range replicas {
							c.send(get(tree+what.name, "Accept-Encoding: "+what.accept))
							answer, _ := c.answer("GET", 200)
							tags = append(tags, answer.Header.Get("ETag"))
						}
						if !strings.HasPrefix(tags[0], `"`) {
							t.Errorf("%s%s: %s is not strong", tree, what.name, tags[0])
						}
						if equal := tags[0] == tags[1]; equal != (of == "mtime" || of == "content") {
							t.Errorf("%s%s: tags %q", tree, what.name, tags)
						}
						seen[what.name+what.accept] = tags[0]
						c := replicas[1]
						for field, status := range map[string]int{
							"If-None-Match: " + tags[1]:                    304,
							"If-None-Match: \"x\", W/" + tags[1]:           304,
							"If-None-Match: \"x\"":                         200,
							"If-Match: " + tags[1]:                         200,
							"If-Match: \"x\"":                              412,
							"Range: bytes=0-3\r\nIf-Range: " + tags[1]:     206,
							"Range: bytes=0-3\r\nIf-Range: \"x\"":          200,
							"Range: bytes=0-1,5-6\r\nIf-Range: " + tags[1]: 206,
						} {
							c.send(get(tree+what.name, "Accept-Encoding: "+what.accept, field))
							c.answer("GET", status)
						}
					}
					if seen["a.cssidentity"] == seen["a.cssgzip"] {
						t.Errorf("%s: both codings have the tag %s", tree, seen["a.cssgzip"])
					}
				}
			})
		}
	})
}

// Nobody waits for the hash of a large file: until it is known there is no tag.
func TestETagOfLargeContent(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, large, contents[large])
		s := start(t, w, root, "--etag=content", "--workers=1")
		c := s.dial(t)
		for _, tree := range trees {
			var tag string
			children.Eventually(t, "a tag", func() bool {
				c.send(request("HEAD", tree+large))
				tag = c.head("HEAD").Header.Get("ETag")
				return tag != ""
			})
			c.send(get(tree+large, "If-None-Match: "+tag))
			c.answer("GET", http.StatusNotModified)
			c.send(get(tree + large))
			c.file(large)
			c.send(get(tree+large, "Range: bytes=1-2", "If-Range: "+tag))
			c.answer("GET", http.StatusPartialContent)
		}
	})
}

func TestETagRefusesOtherWords(t *testing.T) {
	runProgram(t, built.aws, "", "--etag=hash").wantError(t, 2, "etag.*want one of version, mtime, content")
}
