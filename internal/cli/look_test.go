package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestOnlyATerminalHasColoursAndAWidth(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	getenv := cli.Lookup([]string{"TERM=xterm", "LANG=C.UTF-8"})
	for name, stream := range map[string]any{"a buffer": &bytes.Buffer{}, "a file": file} {
		if got, want := cli.Look(stream, getenv), (terminal.Look{IsUTF8: true}); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
