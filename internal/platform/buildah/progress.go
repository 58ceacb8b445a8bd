package buildah

import (
	"bytes"
	"io"
	"strings"
)

// progress passes on what a shell run with -v prints, and notes how far it has read its script: such a shell prints every line that it reads
// before it runs the command that the line completes. No other way works in every shell: Debian's dash does not count lines, and a trap would
// replace the script's own.
type progress struct {
	out    io.Writer
	script []string
	// read is how many lines of the script were read.
	read int
	line []byte
}

func newProgress(out io.Writer, script string) *progress {
	return &progress{out: out, script: strings.Split(script, "\n")}
}

// Write passes on what is written. What follows text without an end of line on the same line is taken for the shell's too.
func (p *progress) Write(written []byte) (int, error) {
	for rest := written; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		p.line = append(p.line, line...)
		if !ended {
			break
		}
		if p.read < len(p.script) && bytes.HasSuffix(p.line, []byte(p.script[p.read])) {
			p.read++
		}
		p.line = p.line[:0]
	}
	return p.out.Write(written)
}

// last is the number of the last line that was read, and the line; zero if none was.
func (p *progress) last() (int, string) {
	for n := p.read; n > 0; n-- {
		if line := strings.TrimSpace(p.script[n-1]); line != "" {
			return n, line
		}
	}
	return 0, ""
}
