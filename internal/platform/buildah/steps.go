package buildah

import (
	"bytes"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// steps passes on what `buildah build` prints, and reports the phases that its lines begin: "pull" for each image that it pulls, and "build"
// for steps. It takes a line of a program that looks the same for one of buildah.
type steps struct {
	out   io.Writer
	phase func(name, title string)
	// current is the name of the phase; empty before the first.
	current string
	// isInLine tells that what was written does not end with a line end.
	isInLine bool
}

// Write implements io.Writer.
func (s *steps) Write(written []byte) (int, error) {
	passed := 0
	for at := 0; at < len(written); {
		line, _, isWhole := bytes.Cut(written[at:], []byte("\n"))
		if name, title := phaseOf(line); !s.isInLine && name != "" && (name != s.current || name == "pull") {
			if _, err := s.out.Write(written[passed:at]); err != nil {
				return 0, err
			}
			passed, s.current = at, name
			s.phase(name, title)
		}
		s.isInLine = !isWhole
		at += len(line) + 1
	}
	if _, err := s.out.Write(written[passed:]); err != nil {
		return 0, err
	}
	return len(written), nil
}

// stepLine is the line before a step, such as "STEP 2/3: RUN true". With several stages, it begins with that of the stage, "[1/2] ".
var stepLine = pattern.Lazy(`^(?:\[\d+/\d+\] )?(?:STEP \d+(?:/\d+)?: ([A-Za-z]+)|COMMIT)`)

// phaseOf returns the phase that a line begins, with its title; empty if it begins none. buildah prints a FROM line whether it pulls the image
// or not, so that line begins none.
func phaseOf(line []byte) (name, title string) {
	if image, ok := bytes.CutPrefix(line, []byte("Trying to pull ")); ok {
		return "pull", "Pull " + strings.TrimSuffix(strings.TrimSpace(string(image)), "...")
	}
	if step := stepLine().FindSubmatch(line); step != nil && !strings.EqualFold(string(step[1]), "FROM") {
		return "build", "Run the steps of the Containerfile"
	}
	return "", ""
}
