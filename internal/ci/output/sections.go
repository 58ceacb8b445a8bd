package output

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Sections writes the log of a GitLab job. Each phase is a collapsed section, and GitLab shows how long it took:
// https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections. Programs may print sections of their own. Those end with the phase
// in which they began, so that no program hides the rest of the log.
type Sections struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
	// open is the name of the open section, or empty. used counts the sections of each phase, since GitLab needs different names.
	open string
	used map[string]int
	// foreign has the names of the sections that programs began since the last section ended.
	foreign []string
	// recent is the end of the output.
	recent   []byte
	isClosed bool
}

// NewSections returns a log that writes to out.
func NewSections(out io.Writer, now func() time.Time) *Sections {
	return &Sections{out: out, now: now, used: map[string]int{}}
}

// sectionPrefix begins the names of sections that no program may use.
const sectionPrefix = "stemma_"

// Begin implements Phases: it ends the open section and begins another one. The name has small letters only.
func (s *Sections) Begin(name, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	if s.isClosed {
		return
	}
	s.used[name]++
	s.open = sectionPrefix + name
	if n := s.used[name]; n > 1 {
		s.open += fmt.Sprintf("_%d", n)
	}
	fmt.Fprintf(s.out, "\x1b[0Ksection_start:%d:%s[collapsed=true]\r\x1b[0K\x1b[1m%s\x1b[0m\n", s.now().Unix(), s.open, terminal.Line(title))
}

// End implements Phases: it ends the open section, if there is one. After a failure it shows the last lines of the section again, since the
// section is collapsed.
func (s *Sections) End(failure error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	printed := string(s.recent)
	isOpen := s.open != ""
	s.end()
	if lines := terminal.LastLines(printed, 1); failure != nil && isOpen && len(lines) > 0 {
		log := Log{Writer: s.out}
		log.Printf("The last lines of the section above:")
		log.Quote(printed)
	}
}

// Close ends the open section. No other one begins after it.
func (s *Sections) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.isClosed = true
}

// end ends a line that a program did not end, its colours, its sections, and the open section.
func (s *Sections) end() {
	if len(s.recent) > 0 && s.recent[len(s.recent)-1] != '\n' {
		fmt.Fprintln(s.out)
	}
	s.recent = s.recent[:0]
	names := s.foreign
	if s.open != "" {
		names = append([]string{s.open}, names...)
	}
	for _, name := range slices.Backward(names) {
		fmt.Fprintf(s.out, "\x1b[0m\x1b[0Ksection_end:%d:%s\r\x1b[0K", s.now().Unix(), name)
	}
	s.open, s.foreign = "", nil
}

// Write implements io.Writer for programs and for Log. It makes the markers of sections harmless that a program may not print.
func (s *Sections) Write(written []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var checked []byte
	for rest := written; len(rest) > 0; {
		line, after, isCut := bytes.Cut(rest, []byte("\r"))
		s.recent = terminal.KeepEnd(s.recent, line)
		checked = append(checked, line...)
		if isCut {
			if !s.mayFollow() {
				checked = append(checked, "·"...)
			}
			s.recent = terminal.KeepEnd(s.recent, []byte("\r"))
			checked = append(checked, '\r')
		}
		rest = after
	}
	if _, err := s.out.Write(checked); err != nil {
		return 0, err
	}
	return len(written), nil
}

const (
	// longestMarker is how much of the text before a carriage return is looked at, in bytes.
	longestMarker = 512
	// mostForeign limits the sections that a program may begin within one phase.
	mostForeign = 100
)

// marker is the text before the carriage return of a section's marker. GitLab accepts fewer options:
// https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/regex.rb, build_trace_section_regex.
var marker = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`section_(start|end):[0-9]+:([a-zA-Z0-9_.-]+)(\[[^\]]*\])?$`)
})

// markerBytes are the bytes of a marker.
const markerBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:[]=, "

// mayFollow reports whether a carriage return may follow the recent text. It may not follow a marker that ends a section that no program
// began, a marker with a name of ours, or text that may be a longer marker.
func (s *Sections) mayFollow() bool {
	before := s.recent[max(0, len(s.recent)-longestMarker):]
	found := marker().FindSubmatch(before)
	if found == nil {
		return len(before) < longestMarker || len(bytes.TrimRight(before, markerBytes)) > 0
	}
	name := string(found[2])
	if string(found[1]) == "end" || slices.Contains(s.foreign, name) {
		return slices.Contains(s.foreign, name)
	}
	// GitLab compares the names without case, and without the difference between '_' and '-'.
	if len(s.foreign) == mostForeign || strings.HasPrefix(strings.ToLower(name), strings.TrimSuffix(sectionPrefix, "_")) {
		return false
	}
	s.foreign = append(s.foreign, name)
	return true
}
