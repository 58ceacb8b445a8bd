package dockerpkg

import (
	"fmt"
	"regexp"
	"strings"
)

// heading is the first line of an entry of a changelog, https://manpages.debian.org/deb-changelog.5.
var heading = regexp.MustCompile(`^([\p{L}\p{N}_][-+0-9a-zA-Z.]*) \(([^( )\t]+)\)(?:\s+[-+0-9a-zA-Z.]+)+\s*;`)

// version is what a version of Debian may be.
var version = regexp.MustCompile(`^(?:\d+:)?[A-Za-z0-9.+:~-]+$`)

// skipped are lines between entries that mean nothing.
var skipped = regexp.MustCompile(`^(?:\s*$|# |/\*.*\*/|\$\w+:.*\$)`)

// release is the newest entry of a changelog.
type release struct {
	name, tag string
	line      int
}

// lineError is a mistake in a line of a file; the line counts from one, and zero means the whole file.
type lineError struct {
	line    int
	message string
}

func (e *lineError) Error() string { return e.message }

// readChangelog returns the newest entry, which gives an image its name and its tag.
func readChangelog(source []byte) (release, error) {
	if strings.TrimSpace(string(source)) == "" {
		return release{}, &lineError{1, "the changelog is empty"}
	}
	line := 0
	for text := range strings.Lines(string(source)) {
		line++
		text = strings.TrimRight(text, "\r\n")
		if skipped.MatchString(text) {
			continue
		}
		m := heading.FindStringSubmatch(text)
		if m == nil {
			return release{}, &lineError{line, "an entry of a changelog begins with `name (version) distribution; urgency=…`"}
		}
		if !version.MatchString(m[2]) {
			return release{}, &lineError{line, fmt.Sprintf("%q is no version: it has letters, digits and . + : ~ -", m[2])}
		}
		return release{name: m[1], tag: m[2], line: line}, nil
	}
	return release{}, &lineError{1, "the changelog has no entry"}
}
