package buildah

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The line that a shell has come to is known, whatever the script itself prints.
func TestProgressKnowsTheLineThatFailed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		line         int
		text         string
	}{
		{"one line", "exit 3", 1, "exit 3"},
		{"the second of three", "true\nfalse\necho never", 2, "false"},
		{"the end of a block", "if true; then\n  false\nfi\necho never", 3, "fi"},
		{"continued", "true \\\n  && false\necho never", 2, "&& false"},
		{"empty lines and comments", "# first\n\ntrue\n\n# then\nfalse\n", 6, "false"},
		{"errors without an end of line", "printf 'half a line' >&2\nfalse\ntrue", 2, "false"},
		{"a script that prints itself", "echo true >&2\ntrue\nfalse\ntrue", 3, "false"},
		{"a here-document", "cat >&2 <<END\nfalse\nEND\nfalse\n", 4, "false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, []byte(tt.script+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			seen := newProgress(&log, tt.script)
			command := exec.CommandContext(t.Context(), "/bin/sh", "-v", "-e", file)
			command.Stderr = seen
			if err := command.Run(); (err == nil) != (tt.line == 0) {
				t.Fatal(err)
			}
			if number, text := seen.last(); tt.line != 0 && (number != tt.line || text != tt.text) {
				t.Errorf("line %d: %s\n%s", number, text, log.String())
			}
		})
	}
}
