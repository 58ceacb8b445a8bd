package buildah

import (
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lossy is a buildah that passes on output now and then, and exits with the program without passing on the rest, as the real one does with
// chroot isolation.
const lossy = `#!/bin/sh
case $1 in run) ;; *) echo made; exit ;; esac
while [ "$1" != -- ]; do shift; done
shift
exec 3<&0
: >"$FAKE/1"
: >"$FAKE/2"
{ "$@" <&3 3<&- >"$FAKE/1" 2>"$FAKE/2"; echo "$?" >"$FAKE/code"; } &
first=0 second=0
while sleep 0.02; do
	if [ -s "$FAKE/code" ]; then exit "$(cat "$FAKE/code")"; fi
	end=$(wc -c <"$FAKE/1")
	tail -c +$((first + 1)) "$FAKE/1" | head -c $((end - first))
	first=$end
	end=$(wc -c <"$FAKE/2")
	tail -c +$((second + 1)) "$FAKE/2" | head -c $((end - second)) >&2
	second=$end
done
`

func TestAllOutputArrives(t *testing.T) {
	f := newFakeBuildah(t)
	f.write("buildah", lossy)
	for name, test := range map[string]struct {
		script, exports string
		code            int
		// Together is the output of both streams in order; empty if their order is not tested.
		stdout, stderr, together string
	}{
		"nothing":                {},
		"a line":                 {script: "echo a", stdout: "a\n", together: "a\n"},
		"no end of line":         {script: "printf a; printf b >&2", stdout: "a", stderr: "b", together: "ab"},
		"both in turn":           {script: "echo a; echo b >&2; echo c", stdout: "a\nc\n", stderr: "b\n", together: "a\nb\nc\n"},
		"a failure":              {script: "echo a; exit 3", code: 3, stdout: "a\n", together: "a\n"},
		"a failing command":      {script: "echo a; false; echo b", code: 1, stdout: "a\n", together: "a\n"},
		"a signal":               {script: "echo a; kill -9 $$", code: 137, stdout: "a\n"},
		"closed streams":         {script: "echo a; exec >&- 2>&-; exit 4", code: 4, stdout: "a\n", together: "a\n"},
		"much":                   {script: "head -c 300000 /dev/zero | tr '\\0' a", stdout: strings.Repeat("a", 300000), together: strings.Repeat("a", 300000)},
		"the beginning of marks": {script: "echo stemma-end-; printf stemma-end-A", stdout: "stemma-end-\nstemma-end-A", together: "stemma-end-\nstemma-end-A"},
		"input":                  {script: "cat; echo end", stdout: "end\n", together: "end\n"},
		"arguments":              {script: `echo "$0 $1 $#"`, stdout: "/bin/sh a b 1\n", together: "/bin/sh a b 1\n"},
		"an environment":         {script: `echo "$A$line$code"; env | grep -c '^line='`, exports: "export A='it'\\''s\n$HOME'\nexport line='1'\nexport code='2'\n", stdout: "it's\n$HOME12\n1\n", together: "it's\n$HOME12\n1\n"},
		"no variables of ours":   {script: `env | grep -e '^line=' -e '^code=' || echo none`, stdout: "none\n", together: "none\n"},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(stdout, stderr io.Writer) {
				t.Helper()
				f.write("code", "")
				err := f.runInside(t.Context(), inside{container: "c", exports: []byte(test.exports), program: shellScript(test.script, "a b"), stdout: stdout, stderr: stderr})
				var exited *exec.ExitError
				if errors.As(err, &exited) && exited.ExitCode() != test.code || (err == nil) != (test.code == 0) {
					t.Errorf("got %v, want exit code %d", err, test.code)
				}
			}
			var stdout, stderr, together strings.Builder
			run(&stdout, &stderr)
			if diff := cmp.Diff(test.stdout, stdout.String()); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.stderr, stderr.String()); diff != "" && test.code != 137 { // the shell may name the signal
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
			if test.together == "" {
				return
			}
			run(&together, nil)
			if diff := cmp.Diff(test.together, together.String()); diff != "" {
				t.Errorf("both streams (-want +got):\n%s", diff)
			}
		})
	}
}

// A program that is ended has no time to mark its end.
func TestOutputBeforeTheLimitArrives(t *testing.T) {
	f := newFakeBuildah(t)
	f.write("buildah", lossy)
	_, output, err := f.Try(t.Context(), Subject{ID: "made"}, Trial{Script: "echo begun; sleep 60", Limit: time.Second})
	if !errors.Is(err, ErrTooLong) || output != "begun\n" {
		t.Errorf("got %v and %q, want %v and %q", err, output, ErrTooLong, "begun\n")
	}
}

// A mark may arrive in any pieces, between any bytes.
func TestMarksAreRemoved(t *testing.T) {
	const written = "a\nEND-ENDa\nEND-b\nEND-c"
	for size := 1; size <= len(written); size++ {
		e := newEnd("END-b\n")
		var got strings.Builder
		s := e.of(&got)
		for rest := written; rest != ""; {
			n := min(size, len(rest))
			if _, err := s.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
		if want := "a\nEND-ENDa\nEND-c"; got.String() != want || e.found != 1 {
			t.Errorf("in pieces of %d bytes: got %q and %d marks, want %q and 1", size, got.String(), e.found, want)
		}
	}
}
