package local

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// screen is a terminal of a few lines that knows what a table needs of it.
type screen struct {
	mu    sync.Mutex
	lines []string
}

// Write implements io.Writer.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(b)
	if len(s.lines) == 0 {
		s.lines = []string{""}
	}
	for text != "" {
		switch rest, ok := strings.CutPrefix(text, "\x1b["); {
		case ok:
			end := strings.IndexAny(rest, "AJhl")
			if rest[end] == 'A' {
				up := 0
				for _, digit := range rest[:end] {
					up = up*10 + int(digit-'0')
				}
				s.lines = append(s.lines[:len(s.lines)-1-up], "")
			}
			text = rest[end+1:]
		case text[0] == '\r':
			s.lines[len(s.lines)-1], text = "", text[1:]
		case text[0] == '\n':
			s.lines, text = append(s.lines, ""), text[1:]
		default:
			s.lines[len(s.lines)-1] += text[:1]
			text = text[1:]
		}
	}
	return len(b), nil
}

func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func TestTableShowsWhatRuns(t *testing.T) {
	t.Parallel()
	s, now := &screen{}, time.Unix(0, 0)
	table := NewTable(s, func() time.Time { return now }, time.Hour)
	table.Begin("base", "building")
	table.Begin("app", "building")
	now = now.Add(65 * time.Second)
	table.Begin("base", "testing")
	if diff := cmp.Diff("  testing    1m5s  base\n  building   1m5s  app\n  0 ended\n", s.shows()); diff != "" {
		t.Error(diff)
	}
	table.End(Result{Image: "base", State: WasBuilt, Seconds: (65 * time.Second).Seconds()})
	if diff := cmp.Diff("base: built (1m5s)\n  building   1m5s  app\n  1 ended\n", s.shows()); diff != "" {
		t.Error(diff)
	}
	table.End(Result{Image: "app", State: HasFailed, Seconds: (1500 * time.Millisecond).Seconds()})
	table.End(Result{Image: "web", State: WasSkipped, Because: "app"})
	table.Close()
	if diff := cmp.Diff("base: built (1m5s)\napp: failed (1.5s)\nweb: skipped, since app failed\n", s.shows()); diff != "" {
		t.Error(diff)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	t.Parallel()
	if got, want := Summary(nil, 0), "No images in 0s.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSummaryNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	got := Summary([]Result{
		{Image: "web", State: WasSkipped, Because: "app"},
		{Image: "base", State: WasBuilt},
		{Image: "tool", State: IsHere},
		{Image: "app", State: HasFailed, Error: "the \x1b[2Jreason", Log: "/logs/app.log"},
		{Image: "other", State: WasCancelled},
		{Image: "done", State: WasPushed, Note: "released as x:1"},
	}, 1200*time.Millisecond)
	want := `1 pushed, 1 built, 1 on this machine, 1 failed, 1 skipped, 1 cancelled in 1.2s.
done       released as x:1
failed     app: the ·[2Jreason
           /logs/app.log
cancelled  other
skipped    web, since app failed
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
