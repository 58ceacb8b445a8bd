package lint

import (
	"go/scanner"
	"go/token"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// habits are the ways of speaking that docs/style.md names first, which no reader expects.
var habits = regexp.MustCompile(`(?i)\b(stands?|stood)\b|\b(of|by|from|with|than|in|under) what\b`)

// At most habitsAllowed in habitsPerWords words, for the examples of messages that pages show.
const (
	habitsAllowed  = 3
	habitsPerWords = 10_000
)

// quoting lists the files that quote the habits.
var quoting = map[string]bool{"docs/style.md": true, "internal/lint/words_test.go": true}

func TestTextIsInPlainEnglish(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		files []string
		text  func(source string) string
	}{
		"documentation":                   {[]string{"*.md"}, func(source string) string { return source }},
		"comments and messages in Go":     {[]string{"*.go"}, goText},
		"comments in CUE":                 {[]string{"*.cue"}, commentsAfter("//")},
		"comments in scripts and YAML":    {[]string{"*.sh", "*.yml", "*.yaml", "Makefile", "Containerfile"}, commentsAfter("#")},
		"scripts of tests, with messages": {[]string{"*.txtar", "*.txt"}, func(source string) string { return source }},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words := 0
			var found []string
			for _, file := range tracked(t, kind.files) {
				text := kind.text(read(t, file))
				words += len(strings.Fields(text))
				for _, match := range habits.FindAllString(text, -1) {
					found = append(found, file+": "+match)
				}
			}
			if words == 0 {
				t.Fatal("got no words, want some")
			}
			if len(found)*habitsPerWords > habitsAllowed*words {
				t.Errorf("got %d habits in %d words, want at most %d in %d:\n%s", len(found), words, habitsAllowed, habitsPerWords, strings.Join(found, "\n"))
			}
		})
	}
}

// tracked returns the paths of the files that git tracks and that match one of the patterns.
func tracked(t *testing.T, patterns []string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", top, "ls-files", "-z", "--"}, patterns...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for file := range strings.SplitSeq(strings.TrimRight(string(output), "\x00"), "\x00") {
		if !quoting[file] {
			files = append(files, filepath.Join(top, file))
		}
	}
	return files
}

// goText returns the comments and string literals of a Go file.
func goText(source string) string {
	var text strings.Builder
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(source)), []byte(source), nil, scanner.ScanComments)
	for {
		switch _, kind, literal := s.Scan(); kind {
		case token.EOF:
			return text.String()
		case token.COMMENT, token.STRING:
			text.WriteString(literal + "\n")
		}
	}
}

// commentsAfter returns a function that finds the comments of a source, which begin with a marker and end with their line.
func commentsAfter(marker string) func(string) string {
	return func(source string) string {
		var text strings.Builder
		for line := range strings.Lines(source) {
			if _, comment, ok := strings.Cut(line, marker); ok {
				text.WriteString(comment)
			}
		}
		return text.String()
	}
}
