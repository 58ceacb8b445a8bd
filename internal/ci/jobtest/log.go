package jobtest

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// gitlabMarker is GitLab's build_trace_section_regex,
	// https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/regex.rb.
	gitlabMarker = regexp.MustCompile(`section_(start|end):(\d+):([a-zA-Z0-9_.-]+)(\[\w+=\w+(?:, ?\w+=\w+)*\])?\r\x1b\[0K`)
	notInName    = regexp.MustCompile(`[^a-z0-9]`)
	colours      = regexp.MustCompile(`\x1b\[[0-9]*[mK]`)
)

// Shown returns the lines of a log as GitLab shows them, each with the sections that it is in. It does what Gitlab::Ci::Ansi2json does: the
// marker of a section begins a new line, and the end of a section leaves the sections in it open.
func Shown(log string) []string {
	var lines, open []string
	for line := range strings.Lines(log) {
		show := func(text string) {
			if text = strings.TrimSuffix(colours.ReplaceAllString(text, ""), "\n"); text != "" {
				lines = append(lines, strings.Join(open, " ")+": "+text)
			}
		}
		for at := gitlabMarker.FindStringSubmatchIndex(line); at != nil; at = gitlabMarker.FindStringSubmatchIndex(line) {
			show(line[:at[0]])
			name := notInName.ReplaceAllString(strings.ToLower(line[at[6]:at[7]]), "-")
			i := slices.Index(open, name)
			switch what := line[at[2]:at[3]]; {
			case what == "start" && i < 0:
				open = append(open, name)
			case what == "end" && i >= 0:
				open = slices.Delete(open, i, i+1)
			}
			line = line[at[1]:]
		}
		show(line)
	}
	return lines
}
