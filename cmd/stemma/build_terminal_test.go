package main

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/test/sample"
)

// onTerminal starts stemma on a terminal. The returned function waits for its end, and returns all that it printed.
func (s *sandbox) onTerminal(size pty.Winsize, environ []string, args ...string) (terminal *os.File, end func() string) {
	s.Helper()
	command := exec.Command("stemma", append([]string{"-C", s.dir}, args...)...)
	command.Env = slices.Concat(s.environ, environ)
	terminal, err := pty.StartWithSize(command, &size)
	s.must(err)
	printed := make(chan string)
	go func() {
		text, _ := io.ReadAll(terminal) // an error says that the command has ended
		printed <- string(text)
	}()
	return terminal, func() string {
		text := <-printed
		_ = command.Wait() // the failure of an image is expected
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
}

// screen returns the lines that a terminal shows after it printed a text with the codes that stemma uses.
func screen(t *testing.T, text string) []string {
	t.Helper()
	lines := []string{""}
	for text != "" {
		rest, isCode := strings.CutPrefix(text, "\x1b[")
		switch {
		case isCode:
			end := strings.IndexAny(rest, "AJhlm")
			if rest[end] == 'A' {
				up, err := strconv.Atoi(rest[:end])
				if err != nil || up >= len(lines) {
					t.Fatalf("the cursor goes up by %q of %d lines", rest[:end], len(lines))
				}
				lines = append(lines[:len(lines)-1-up], "")
			}
			text = rest[end+1:]
		case text[0] == '\r':
			lines[len(lines)-1], text = "", text[1:]
		case text[0] == '\n':
			lines, text = append(lines, ""), text[1:]
		default:
			lines[len(lines)-1] += text[:1]
			text = text[1:]
		}
	}
	return lines
}

const onATerminal = `version: 1
images:
  base: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: 'printf "\033[2J\033[31mloud\377\r%500d\n" 1'}
  app: {base: base, tests: [{name: works, run: "echo one; printf \"two\\r\\033[77Athree\\n\"; exit 7"}]}
  web: {base: app}
  docs: {base: base}
`

func TestBuildDrawsATree(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, onATerminal)
	_, end := s.onTerminal(pty.Winsize{Rows: 40, Cols: 80}, []string{"LANG=C.UTF-8", "TERM=xterm"}, "build", "--jobs", "1")
	printed := end()
	var shown []string
	for _, line := range screen(t, printed) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.Contains(line, "log") && !strings.Contains(line, "Logs") {
			shown = append(shown, strings.Join(strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }), " "))
		}
	}
	want := []string{
		"base built TIME", "├─ app failed TIME", "│ └─ web skipped", "└─ docs built TIME",
		`app: failed (TIME): the test "works" failed: it ended with status 7`, "one", "three",
		"2 built, 1 failed, 1 skipped in TIME.",
	}
	if diff := cmp.Diff(want, withoutTimes(shown)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%q", diff, printed)
	}
	if !strings.Contains(printed, "\x1b[31mapp\x1b[0m") || strings.Contains(printed, "\x1b[2J") || strings.Contains(printed, "\x1b[77A") {
		t.Errorf("got %q", printed)
	}
}

// withoutTimes replaces durations, such as 1.2s and 320ms.
func withoutTimes(lines []string) []string {
	for i, line := range lines {
		fields := strings.Fields(line)
		for n, field := range fields {
			bare := strings.Trim(field, "():.")
			if strings.HasSuffix(bare, "s") && strings.ContainsAny(bare[:1], "0123456789") {
				fields[n] = strings.Replace(field, bare, "TIME", 1)
			}
		}
		lines[i] = strings.Join(fields, " ")
	}
	return lines
}

func TestBuildOnOtherTerminals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		size    pty.Winsize
		// The output contains has, and does not contain lacks.
		has, lacks string
	}{
		"without colours":   {[]string{"TERM=xterm", "NO_COLOR=1"}, pty.Winsize{Rows: 40, Cols: 80}, "\x1b[?7l", "\x1b[31m"},
		"without codes":     {[]string{"TERM=dumb"}, pty.Winsize{Rows: 40, Cols: 80}, "base: built", "\x1b["},
		"without UTF-8":     {[]string{"TERM=xterm", "LC_ALL=C"}, pty.Winsize{Rows: 40, Cols: 80}, "`-- ", "└"},
		"with few lines":    {[]string{"TERM=xterm"}, pty.Winsize{Rows: 3, Cols: 80}, "4 images in", "\x1b[4A"},
		"with few columns":  {[]string{"TERM=xterm"}, pty.Winsize{Rows: 40, Cols: 10}, "...", "images in"},
		"with unknown size": {[]string{"TERM=xterm"}, pty.Winsize{}, "4 images in", "panic"},
	}
	for name, test := range sample.Of(tests, 3) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, onATerminal)
			_, end := s.onTerminal(test.size, test.environ, "build")
			if printed := end(); !strings.Contains(printed, test.has) || strings.Contains(printed, test.lacks) || strings.Count(printed, "\x1b[?7l") != strings.Count(printed, "\x1b[?7h") {
				t.Errorf("got %q", printed)
			}
		})
	}
}

// A terminal is usable after Ctrl-C, and also where it changed its size before.
func TestCtrlCLeavesATerminalInOrder(t *testing.T) {
	t.Parallel()
	s, begun := newSlowSandbox(t)
	terminal, end := s.onTerminal(pty.Winsize{Rows: 40, Cols: 80}, []string{"TERM=xterm"}, "build")
	s.await(begun)
	s.must(pty.Setsize(terminal, &pty.Winsize{Rows: 2, Cols: 20}))
	_, err := terminal.Write([]byte{3})
	s.must(err)
	printed := end()
	if !strings.Contains(printed, "1 built, 2 cancelled") || strings.Count(printed, "\x1b[?7l") != strings.Count(printed, "\x1b[?7h") {
		t.Errorf("got %q", printed)
	}
}
