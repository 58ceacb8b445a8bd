package report

import (
	"bytes"
	"strings"
)

// lines are the lines of the files that findings are about. Each file is read and taken apart once: there may be a finding in every line.
type lines struct {
	source Source
	files  map[string][][]byte
}

// line is the nth line of a file; the first is 1.
func (l *lines) line(file string, n int) (string, bool) {
	all, ok := l.files[file]
	if !ok {
		all = bytes.SplitAfter(l.source(file), []byte("\n"))
		if last := len(all) - 1; len(all[last]) == 0 {
			all = all[:last]
		}
		if l.files == nil {
			l.files = map[string][][]byte{}
		}
		l.files[file] = all
	}
	if n > len(all) {
		return "", false
	}
	return strings.TrimRight(string(all[n-1]), "\r\n"), true
}
