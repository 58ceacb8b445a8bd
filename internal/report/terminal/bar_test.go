package terminal_test

import (
	"bytes"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestBar(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := terminal.NewBar(&out, 4, "images")
	bar.Step()
	if want := "\r\x1b[K[#####               ] 1 of 4 images"; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for range 3 {
		bar.Step()
	}
	if want := "[####################] 4 of 4 images"; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	bar.Clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K\x1b[?7h") {
		t.Errorf("got %q, want an empty line in the end", out.String())
	}
}

func TestABarWithoutATerminalShowsNothing(t *testing.T) {
	t.Parallel()
	bar := terminal.NewBar(nil, 1, "images")
	bar.Step()
	bar.Clear()
	var out bytes.Buffer
	terminal.NewBar(&out, 0, "images").Clear()
	if out.Len() > 0 {
		t.Errorf("got %q, want nothing for no things", out.String())
	}
}
