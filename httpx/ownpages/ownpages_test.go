package ownpages

import (
	"strconv"
	"strings"
	"testing"

	"aws/httpx/message"
)

// Every status has a text, and every error a page of moderate length that loads and
// runs nothing and says what is the matter.
func TestEveryErrorHasAPage(t *testing.T) {
	p := New()
	sentences := map[string]int{}
	pages := 0
	for status := 300; status <= lastStatus; status++ {
		text, html := string(p.Body(status, false)), string(p.Body(status, true))
		if text == "" {
			continue
		}
		title := strconv.Itoa(status) + " " + message.StatusText(status)
		if text != title+"\n" || len(html) > MaxBody {
			t.Errorf("%d: %q, %d bytes", status, text, len(html))
		}
		if status < 400 {
			if html != text {
				t.Errorf("%d: a page %q", status, html)
			}
			continue
		}
		pages++
		for _, part := range []string{"<!DOCTYPE html>", `<html lang="en">`, "<title>" + title + "</title>", "prefers-color-scheme: dark", "<h1>" + message.StatusText(status) + "</h1>"} {
			if !strings.Contains(html, part) {
				t.Errorf("%d: %q is missing", status, part)
			}
		}
		for _, part := range []string{"<script", "src=", "url(", "http:", "https:", "{{"} {
			if strings.Contains(html, part) {
				t.Errorf("%d: %q is in it", status, part)
			}
		}
		sentence := meaning(status)
		if sentences[sentence] != 0 {
			t.Errorf("%d and %d mean the same", status, sentences[sentence])
		}
		sentences[sentence] = status
	}
	if pages < 13 {
		t.Errorf("%d pages", pages)
	}
	if n := len(p.Body(200, true)); n > MaxBody {
		t.Errorf("the welcome has %d bytes", n)
	}
}
