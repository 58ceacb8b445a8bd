package client

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// AsEndless is the argument with which the program of these tests calls a function without end.
const AsEndless = "endless"

func TestTheRuntimeSaysWhichLimitEndedAProgram(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	overflow := exec.CommandContext(t.Context(), os.Args[0], AsEndless)
	overflow.Stderr = &log
	overflowed := overflow.Run()
	tests := map[string]struct {
		ended error
		log   string
		want  error
	}{
		"a stack without end":         {overflowed, log.String(), errDepth},
		"the code of this program":    {exec.CommandContext(t.Context(), "sh", "-c", "exit 77").Run(), "", errMemory},
		"no memory for the heap":      {errors.New("exit status 2"), "fatal error: runtime: out of memory\n", errMemory},
		"no memory for the runtime":   {errors.New("exit status 2"), "runtime: cannot allocate memory\n", errMemory},
		"no memory for a thread":      {errors.New("exit status 2"), "runtime: failed to create new OS thread (have 7 already; errno=12)\nfatal error: newosproc\n", errMemory},
		"something else":              {errors.New("exit status 2"), "panic: index out of range\n", nil},
		"it ended well, and too soon": {nil, "", nil},
	}
	for name, test := range tests {
		if got := limitOf(test.ended, test.log); !errors.Is(got, test.want) {
			t.Errorf("%s: got %v, want %v, after %v:\n%.300s", name, got, test.want, test.ended, test.log)
		}
	}
}
