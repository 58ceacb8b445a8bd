package readme

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// marker is a line with a marker.
type marker struct {
	text string
	line int
	// start and end are the offsets of the line, with its end.
	start, end int
}

func (m marker) span() diagnostic.Span {
	return diagnostic.Span{File: File, Line: m.line, Column: 1, Length: utf8.RuneCountInString(m.text)}
}

// markers returns the lines that are a marker and nothing else, and those of them in code blocks apart.
func markers(readme []byte) (begins, ends, inCode []marker) {
	var code fence
	m := marker{}
	for line := range bytes.Lines(readme) {
		m.line, m.start, m.end = m.line+1, m.end, m.end+len(line)
		m.text = strings.TrimRight(string(line), " \t\r\n")
		switch {
		case m.text != Begin && m.text != End:
			code = code.after(m.text)
		case code != "":
			inCode = append(inCode, m)
		case m.text == Begin:
			begins = append(begins, m)
		default:
			ends = append(ends, m)
		}
	}
	return begins, ends, inCode
}

// fence is the line of backticks or tildes that begins a code block, https://spec.commonmark.org/0.31.2/#fenced-code-blocks. It is empty outside
// of code blocks.
type fence string

// after returns the fence that holds after a line without white space at its end.
func (f fence) after(line string) fence {
	text := strings.TrimLeft(line, " ")
	if len(line)-len(text) > 3 || text == "" {
		return f
	}
	rest := strings.TrimLeft(text, text[:1])
	run := fence(text[:len(text)-len(rest)])
	switch {
	case f != "" && rest == "" && strings.HasPrefix(string(run), string(f)):
		return ""
	case f == "" && len(run) >= 3 && (run[0] == '~' || run[0] == '`' && !strings.Contains(rest, "`")):
		return run
	}
	return f
}
