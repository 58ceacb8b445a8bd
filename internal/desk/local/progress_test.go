package local

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// aRun is a table of a tree of images, and its clock.
func aRun(images ...Planned) (*Table, *bytes.Buffer, *time.Time) {
	now := time.Unix(0, 0)
	var out bytes.Buffer
	table := NewTable(Screen{Out: &out, Look: func() (terminal.Look, int) { return terminal.Look{IsUTF8: true, Width: 60}, 24 }, Now: func() time.Time { return now }}, time.Hour)
	table.Plan(images)
	return table, &out, &now
}

// seconds is the duration of a result.
func seconds(d time.Duration) float64 { return d.Seconds() }

func TestFrames(t *testing.T) {
	t.Parallel()
	family := []Planned{{Image: "base", Parent: -1}, {Image: "app", Parent: 0}, {Image: "web", Parent: 1}, {Image: "docs", Parent: 0}, {Image: "tool", Parent: -1, State: IsPublished}}
	tests := map[string]struct {
		look   terminal.Look
		height int
		events func(*Table, *time.Time)
		want   string
	}{
		"nothing has begun": {terminal.Look{IsUTF8: true}, 24, func(*Table, *time.Time) {}, `
base       waiting
├─ app     waiting
│  └─ web  waiting
└─ docs    waiting
tool       published
5 images in 0s: 4 waiting, 1 published
`},
		"an image is built": {terminal.Look{IsUTF8: true}, 24, func(table *Table, now *time.Time) {
			table.Begin("base", "pull")
			*now = now.Add(65 * time.Second)
			table.Begin("base", "install")
			table.Print("base", []byte("Get:1 curl\n\x1b[32mUnpacking\x1b[2J \xff curl\x1b[0m\r"))
		}, `
base       install     1m5s  Unpacking · curl
├─ app     waiting
│  └─ web  waiting
└─ docs    waiting
tool       published
5 images in 1m5s: 1 running, 3 waiting, 1 published
`},
		"images have ended": {terminal.Look{}, 0, func(table *Table, now *time.Time) {
			table.Begin("base", "run")
			table.End(Result{Image: "base", State: WasBuilt, Seconds: seconds(65 * time.Second)})
			table.Begin("app", "run")
			table.Begin("docs", "test")
			*now = now.Add(9 * time.Second)
			table.End(Result{Image: "app", State: HasFailed, Seconds: seconds(1500 * time.Millisecond)})
			table.End(Result{Image: "web", State: WasSkipped, Because: "app"})
		}, `
base         built       1m5s
|-- app      failed      1.5s
|   ` + "`" + `-- web  skipped
` + "`" + `-- docs     test          9s
tool         published
5 images in 9s: 1 running, 1 built, 1 published, 1 failed, 1 skipped
`},
		"a terminal that is too low": {terminal.Look{IsUTF8: true}, 4, func(table *Table, _ *time.Time) {
			table.End(Result{Image: "base", State: WasBuilt})
			table.Begin("app", "run")
			table.Begin("docs", "run")
		}, `
├─ app     run           0s
└─ docs    run           0s
5 images in 0s: 2 running, 1 waiting, 1 built, 1 published
`},
		"a terminal of one line": {terminal.Look{IsUTF8: true}, 1, func(table *Table, _ *time.Time) {
			table.Begin("app", "run")
			table.Begin("docs", "run")
		}, `
├─ app     run           0s
5 images in 0s: 2 running, 2 waiting, 1 published
`},
		"a narrow terminal": {terminal.Look{IsUTF8: true, Width: 30}, 24, func(table *Table, _ *time.Time) {
			table.Begin("base", "run")
			table.Print("base", []byte(strings.Repeat("long ", 1000)))
		}, `
base       run           0s  …
├─ app     waiting
│  └─ web  waiting
└─ docs    waiting
tool       published
5 images in 0s: 1 running, 3 …
`},
		"colours": {terminal.Look{IsColoured: true}, 4, func(table *Table, _ *time.Time) {
			table.Begin("base", "run")
		}, "\n\x1b[36mbase\x1b[0m         run           0s\n5 images in 0s: 1 running, 3 waiting, 1 published\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, _, now := aRun(family...)
			defer table.Close()
			test.events(table, now)
			got := "\n" + strings.Join(frame(table.rows, table.began, *now, test.look, test.height), "\n") + "\n"
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheTotalOfOneImage(t *testing.T) {
	t.Parallel()
	table, _, now := aRun(Planned{Image: "base", Parent: -1})
	defer table.Close()
	if got, want := total(table.rows, table.began, *now), "1 image in 0s: 1 waiting"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestATableIsDrawnInPlace(t *testing.T) {
	t.Parallel()
	table, out, now := aRun(Planned{Image: "base", Parent: -1}, Planned{Image: "app", Parent: 0})
	table.redraw()
	table.redraw() // nothing changed
	table.Begin("base", "run")
	table.redraw()
	table.End(Result{Image: "base", State: HasFailed, Seconds: seconds(1500 * time.Millisecond), Error: "the \x1b[2Jreason", Output: []string{"a line"}, Log: "/logs/base.log"})
	table.End(Result{Image: "app", State: WasSkipped, Because: "base"})
	*now = now.Add(time.Minute)
	table.Close()
	want := "\x1b[?7lbase    waiting\n└─ app  waiting\n2 images in 0s: 2 waiting\n\x1b[?7h" +
		"\x1b[3A\r\x1b[J\x1b[?7lbase    run           0s\n└─ app  waiting\n2 images in 0s: 1 running, 1 waiting\n\x1b[?7h" +
		"\x1b[3A\r\x1b[J\x1b[?7lbase    failed      1.5s\n└─ app  skipped\n" +
		"base: failed (1.5s): the ·[2Jreason\n    a line\n    log: /logs/base.log\n\x1b[?7h"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestATableOfNothingDrawsNothing(t *testing.T) {
	t.Parallel()
	table, out, _ := aRun()
	table.redraw()
	table.Close()
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

// A terminal that became narrower has wrapped the lines.
func TestLinesOnATerminal(t *testing.T) {
	t.Parallel()
	lines := []string{"12345", "\x1b[31m1234567890\x1b[0m", "", "12345678901"}
	for width, want := range map[int]int{0: 4, 20: 4, 10: 5, 5: 7} {
		if got := linesOn(lines, width); got != want {
			t.Errorf("%d columns: got %d lines, want %d", width, got, want)
		}
	}
}

func TestLinesTellEachEventOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	lines := &Lines{Out: &out}
	results := []Result{
		{Image: "base", State: WasBuilt, Seconds: 65},
		{Image: "app", State: HasFailed, Seconds: 1.5, Error: "the \x1b[2Jreason", Output: []string{"one", "two"}, Log: "/logs/app.log"},
		{Image: "web", State: WasSkipped, Because: "app"},
		{Image: "other", State: WasCancelled},
	}
	for i := range results {
		lines.End(results[i])
		results[i].isShown = true
	}
	fmt.Fprint(&out, Summary(results, 1200*time.Millisecond))
	want := `base: built (1m5s)
app: failed (1.5s): the ·[2Jreason
    one
    two
    log: /logs/app.log
web: skipped, since app failed
other: cancelled
1 built, 1 failed, 1 skipped, 1 cancelled in 1.2s.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	if got, want := Summary(nil, 0), "No images in 0s.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := Summary([]Result{
		{Image: "tool", State: IsHere},
		{Image: "app", State: HasFailed, Error: "release it: no", Log: "/logs/app.log"},
		{Image: "done", State: WasPushed, Note: "released as x:1"},
	}, 0)
	want := `1 pushed, 1 on this machine, 1 failed in 0s.
done       released as x:1
app: failed: release it: no
    log: /logs/app.log
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The store of this machine takes what a job pushes.
func TestAPushToTheStoreIsNoPush(t *testing.T) {
	t.Parallel()
	table, _, now := aRun(Planned{Image: "app", Parent: -1})
	defer table.Close()
	(&watch{progress: table, image: "app"}).Begin("push", "Push to localhost/app")
	if diff := cmp.Diff([]string{"app  keep          0s", "1 image in 0s: 1 running"}, frame(table.rows, table.began, *now, terminal.Look{}, 24)); diff != "" {
		t.Error(diff)
	}
}

func TestForecastsHaveTheWholeReason(t *testing.T) {
	t.Parallel()
	const why = "look up localhost:5999/app:1: cannot reach localhost:5999: connection refused"
	if got := Forecasts(terminal.Look{Width: 30}, []Forecast{{"app", Unknown, why, -1}}); !strings.Contains(got, why) {
		t.Errorf("got %q", got)
	}
}
