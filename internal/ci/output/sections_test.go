package output_test

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
)

// aClock returns a clock that moves by a second with each call.
func aClock() func() time.Time {
	now := time.Unix(1000, 0)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func TestPhasesAreCollapsedSections(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sections := output.NewSections(&out, aClock())
	log := output.Log{Writer: sections, Phases: sections}
	log.Printf("Build rust.")
	log.Begin("pull", "Pull a\x1b[2J")
	log.Printf("some layers")
	log.Begin("install", "Install 2 packages")
	log.End(nil)
	log.End(nil)
	log.Begin("pull", "Pull b")
	log.End(nil)
	log.Printf("Built.")
	want := "Build rust.\n" +
		"\x1b[0Ksection_start:1001:stemma_pull[collapsed=true]\r\x1b[0K\x1b[1mPull a·[2J\x1b[0m\nsome layers\n" +
		"\x1b[0m\x1b[0Ksection_end:1002:stemma_pull\r\x1b[0K" +
		"\x1b[0Ksection_start:1003:stemma_install[collapsed=true]\r\x1b[0K\x1b[1mInstall 2 packages\x1b[0m\n" +
		"\x1b[0m\x1b[0Ksection_end:1004:stemma_install\r\x1b[0K" +
		"\x1b[0Ksection_start:1005:stemma_pull_2[collapsed=true]\r\x1b[0K\x1b[1mPull b\x1b[0m\n" +
		"\x1b[0m\x1b[0Ksection_end:1006:stemma_pull_2\r\x1b[0K" +
		"Built.\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestALogWithoutSectionsIsPlain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := output.Log{Writer: &out}
	log.Begin("pull", "Pull a")
	log.Printf("some layers")
	log.End(nil)
	if got, want := out.String(), "some layers\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The mark of a section, as a program prints it.
func mark(what, name string) string { return "\x1b[0Ksection_" + what + ":1:" + name + "\r\x1b[0K" }

// In the names of these tests, "it" is a program that runs in the phase "run".
func TestNoProgramHidesTheRestOfALog(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prints []string
		// want has the lines as GitLab shows them: the open sections, and the text.
		want []string
	}{
		"it prints text":                                           {[]string{"a\nb\n"}, []string{"stemma-run: a", "stemma-run: b"}},
		"it ends no line":                                          {[]string{"a"}, []string{"stemma-run: a"}},
		"it has a progress bar":                                    {[]string{"1 %\r2 %\r100 %\n"}, []string{"stemma-run: 1 %\r2 %\r100 %"}},
		"it has a section":                                         {[]string{mark("start", "Own.x") + "a\nb\n" + mark("end", "Own.x") + "c\n"}, []string{"stemma-run own-x: a", "stemma-run own-x: b", "stemma-run: c"}},
		"it does not end its sections":                             {[]string{mark("start", "a[collapsed=true]") + mark("start", "b") + "c\n"}, []string{"stemma-run a b: c"}},
		"it ends the phase":                                        {[]string{mark("end", "stemma_run") + "a\n"}, []string{"stemma-run: a"}},
		"it ends the phase by another name":                        {[]string{mark("start", "STEMMA-RUN") + mark("end", "Stemma.Run") + "a\n"}, []string{"stemma-run: a"}},
		"it ends the runner's section":                             {[]string{mark("end", "step_script") + "a\n"}, []string{"stemma-run: a"}},
		"it begins a later phase":                                  {[]string{mark("start", "stemma_push") + "a\n"}, []string{"stemma-run: a"}},
		"it writes a marker in pieces":                             {strings.Split(mark("end", "stemma_run")+"a\n", ""), []string{"stemma-run: a"}},
		"its marker is not complete":                               {[]string{"section_start:1:a\r", "b\n"}, []string{"stemma-run: section_start:1:a\rb"}},
		"its last marker is cut":                                   {[]string{"\x1b[0Ksection_start:1:a"}, []string{"stemma-run: section_start:1:a"}},
		"its marker is longer than the longest that is recognized": {[]string{mark("start", strings.Repeat("a", 600)) + "b\n"}, []string{"stemma-run: section_start:1:" + strings.Repeat("a", 600) + "·\rb"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			sections := output.NewSections(&out, aClock())
			sections.Begin("run", "Run")
			for _, text := range test.prints {
				if n, err := sections.Write([]byte(text)); n != len(text) || err != nil {
					t.Errorf("wrote %d of %q: %v", n, text, err)
				}
			}
			sections.End(nil)
			output.Log{Writer: sections}.Printf("Done.")
			want := slices.Concat([]string{"stemma-run: Run"}, test.want, []string{": Done."})
			got := jobtest.Shown(out.String())
			for i, line := range got {
				got[i] = brokenMark.ReplaceAllString(line, "")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\n%q", diff, out.String())
			}
		})
	}
}

// brokenMark is a short marker that Sections made harmless. GitLab does not show it: a carriage return follows.
var brokenMark = regexp.MustCompile(`section_(start|end):1:[A-Za-z_.-]{1,20}·\r`)

// A job that is cancelled still prints while it cleans up.
func TestNoSectionBeginsAfterTheEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sections := output.NewSections(&out, aClock())
	log := output.Log{Writer: sections, Phases: sections}
	log.Begin("run", "Run")
	sections.Close()
	log.Begin("push", "Push")
	log.Printf("Warning: nothing was pushed.")
	if diff := cmp.Diff([]string{"stemma-run: Run", ": Warning: nothing was pushed."}, jobtest.Shown(out.String())); diff != "" {
		t.Error(diff)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestALogThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := output.NewSections(brokenWriter{}, aClock()).Write([]byte("a")); err == nil {
		t.Error("got no error")
	}
}

func FuzzSections(f *testing.F) {
	f.Add("a\n"+mark("start", "x"), mark("end", "stemma_run")+"b")
	f.Add("\x1b[0Ksection_start:1:x", "[collapsed=true]\r\x1b[0K")
	f.Add(mark("end", "stemma_run"), mark("start", "stemma_push"))
	f.Fuzz(func(t *testing.T, first, second string) {
		var out bytes.Buffer
		sections := output.NewSections(&out, aClock())
		sections.Begin("run", "Run")
		for _, text := range []string{first, second} {
			if _, err := sections.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		sections.End(nil)
		output.Log{Writer: sections}.Printf("Done.")
		lines := jobtest.Shown(out.String())
		if last := lines[len(lines)-1]; last != ": Done." {
			t.Errorf("the last line is %q", last)
		}
		for _, line := range lines[:len(lines)-1] {
			if !strings.HasPrefix(line, "stemma-run") {
				t.Errorf("the phase ended before %q", line)
			}
		}
	})
}
