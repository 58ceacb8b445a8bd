package buildah

import (
	"fmt"
	"strings"
	"testing"
)

// printed is what buildah 1.28 prints for a Containerfile of two stages.
const printed = `[1/2] STEP 1/2: FROM registry.example.org/a@sha256:01 AS one
Trying to pull registry.example.org/a@sha256:01...
Copying blob sha256:02
Storing signatures
[1/2] STEP 2/2: RUN make
not STEP 1/2: RUN true
[2/2] STEP 1/2: FROM registry.example.org/b:1
Trying to pull registry.example.org/b:1...
Copying blob sha256:03
[2/2] STEP 2/2: COPY --from=one /x /x
[2/2] COMMIT
Copying blob sha256:04
`

const shown = `[1/2] STEP 1/2: FROM registry.example.org/a@sha256:01 AS one
<pull: Pull registry.example.org/a@sha256:01>
Trying to pull registry.example.org/a@sha256:01...
Copying blob sha256:02
Storing signatures
<build: Run the steps of the Containerfile>
[1/2] STEP 2/2: RUN make
not STEP 1/2: RUN true
[2/2] STEP 1/2: FROM registry.example.org/b:1
<pull: Pull registry.example.org/b:1>
Trying to pull registry.example.org/b:1...
Copying blob sha256:03
<build: Run the steps of the Containerfile>
[2/2] STEP 2/2: COPY --from=one /x /x
[2/2] COMMIT
Copying blob sha256:04
`

func TestPhasesOfAContainerfile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ printed, want string }{
		"two stages":             {printed, shown},
		"an image that is there": {"STEP 1/2: FROM a\nSTEP 2/2: RUN true\nok", "STEP 1/2: FROM a\n<build: Run the steps of the Containerfile>\nSTEP 2/2: RUN true\nok"},
		"two images in a row":    {"Trying to pull a...\nTrying to pull b...\n", "<pull: Pull a>\nTrying to pull a...\n<pull: Pull b>\nTrying to pull b...\n"},
		"nothing but a commit":   {"STEP 1/1: FROM scratch\nCOMMIT\n", "STEP 1/1: FROM scratch\n<build: Run the steps of the Containerfile>\nCOMMIT\n"},
		"nothing":                {"", ""},
	}
	for name, test := range tests {
		var out strings.Builder
		s := &steps{out: &out, phase: func(name, title string) { fmt.Fprintf(&out, "<%s: %s>\n", name, title) }}
		for line := range strings.Lines(test.printed) {
			fmt.Fprint(s, line)
		}
		if out.String() != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, out.String(), test.want)
		}
		out.Reset()
		whole := &steps{out: &out, phase: s.phase}
		if n, err := fmt.Fprint(whole, test.printed); err != nil || n != len(test.printed) || out.String() != test.want {
			t.Errorf("%s, written at once: got %d, %v\n%s", name, n, err, out.String())
		}
	}
}

func TestPartsOfLinesBeginNoPhases(t *testing.T) {
	t.Parallel()
	s := &steps{out: &strings.Builder{}, phase: func(name, title string) { t.Errorf("%s begins: %s", name, title) }}
	fmt.Fprint(s, "the program prints ")
	fmt.Fprint(s, "Trying to pull itself together\n")
}
