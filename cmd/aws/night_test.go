// docs/operations.md, "At night": what it quotes is what the server says.

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// texts are the string literals of the server's code.
func texts(t *testing.T) (all []string) {
	t.Helper()
	for _, root := range []string{".", "../../httpx", "../../backend"} {
		must(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, _ := strconv.Unquote(literal.Value)
					all = append(all, text)
				}
				return true
			})
			return nil
		}))
	}
	return all
}

// Every line of a log that the chapter quotes is one that the server writes, and every
// flag is one that it has. Metrics and commands are held by other tests.
func TestNight(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	_, chapter, _ := strings.Cut(string(doc), "\n## At night\n")
	chapter, _, found := strings.Cut(chapter, "\n## ")
	if !found {
		t.Fatal("there is no such chapter")
	}
	literals, help := texts(t), run(t, "", "--help").stdout
	quotes := 0
	for _, span := range inline.FindAllString(chapter, -1) {
		span = strings.Trim(span, "`")
		quote, isLine := strings.CutPrefix(span, `msg="`)
		if !isLine {
			quote, isLine = strings.CutPrefix(span, "aws: … ")
		}
		if isLine {
			quotes++
			quote = strings.TrimSuffix(strings.TrimSuffix(quote, `"`), "…")
			if !slices.ContainsFunc(literals, func(text string) bool {
				return text == quote || strings.HasPrefix(span, "aws: ") && strings.Contains(text, quote)
			}) {
				t.Errorf("the server does not say %q", quote)
			}
		}
		for _, flag := range regexp.MustCompile(`^--[a-z-]+`).FindAllString(span, -1) {
			if !strings.Contains(help, flag) && flag != "--json" {
				t.Errorf("there is no flag %s", flag)
			}
		}
		if command := strings.Fields(span); len(command) > 1 && command[0] == "aws" && !strings.HasPrefix(command[1], "-") && !strings.Contains(help, "  aws "+command[1]) {
			t.Errorf("there is no command %s", span)
		}
	}
	if quotes < 10 {
		t.Errorf("%d lines are quoted", quotes)
	}
}
