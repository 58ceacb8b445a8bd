package client_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/cue/cuetest"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == client.AsEndless {
		debug.SetMaxStack(1 << 16)
		fmt.Println(endless(0))
	}
	cuetest.Main(m)
}

func endless(n int) int {
	if n < 0 {
		return 0
	}
	return 1 + endless(n+1)
}

// newEvaluator serves a folder with one file, stemma.cue.
func newEvaluator(t *testing.T, source string) *client.Evaluator {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "stemma.cue"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	e := &client.Evaluator{Context: t.Context(), Dir: dir, Environ: os.Environ()}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "package images\nversion: 1\nname: \"a\" + \"b\"\n")
	for range 2 { // by one process
		var found diagnostic.List
		document, files := e.Evaluate(nil, "stemma.cue", &found)
		if len(found) > 0 || document.Get("name").Text != "ab" || document.Get("version").Kind != tree.Int || len(files) != 1 {
			t.Fatalf("%+v, %v, %v", document, files, found)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestEvaluateReportsMistakes(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	if document, _ := newEvaluator(t, "a: 1 & 2\n").Evaluate(nil, "stemma.cue", &found); document.Get("a").Kind != tree.Invalid || len(found) != 1 || found[0].Span.Line != 1 {
		t.Errorf("%v, %v", document, found)
	}
}

// What a definition asks for has no limit, and what it gets has.
func TestEvaluateHasLimits(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	doubling.WriteString("_s0: \"0123456789abcdef\"\n")
	for i := range 40 {
		fmt.Fprintf(&doubling, "_s%d: \"\\(_s%[2]d)\\(_s%[2]d)\"\n", i+1, i)
	}
	doubling.WriteString("s: _s40\n")
	for name, test := range map[string]struct {
		source, want string
		limit        time.Duration
	}{
		"a long list":       {"import \"list\"\na: [for i in list.Range(0, 100000000, 1) {\"p\\(i)\"}]\n", "it takes longer than 1s", time.Second},
		"text that doubles": {doubling.String(), "it takes more than 1 GiB of memory", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvaluator(t, test.source)
			e.Time = test.limit
			for range 2 { // a second file of the same process
				var found diagnostic.List
				if document, _ := e.Evaluate(nil, "stemma.cue", &found); document != nil || len(found) != 1 || !strings.Contains(found[0].Message, test.want) {
					t.Errorf("%v, %v", document, found)
				}
			}
		})
	}
}

func TestEvaluateIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	e := newEvaluator(t, "import \"list\"\na: [for i in list.Range(0, 100000000, 1) {\"p\\(i)\"}]\n")
	e.Context = ctx
	time.AfterFunc(200*time.Millisecond, cancel)
	begun := time.Now()
	var found diagnostic.List
	e.Evaluate(nil, "stemma.cue", &found)
	if took := time.Since(begun); took > 5*time.Second || len(found) != 1 {
		t.Errorf("after %s: %v", took, found)
	}
}

// A policy that does not end is stopped, with a finding at the place that names it.
func TestJudgeHasALimitOfTime(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "package policy\n\nimport \"list\"\n\nlet n = list.Range(0, 2000, 1)\nlarge: [for i in n for j in n for k in n {i + j + k}]\n")
	e.Time = 500 * time.Millisecond
	var found diagnostic.List
	at := diagnostic.Span{File: "stemma.yaml", Line: 2, Column: 9}
	judged := e.Judge(nil, ".", at, &tree.Node{Kind: tree.Map}, &found)
	if judged.Rules != nil || len(found) != 1 || found[0].Code != diagnostic.TooLarge || found[0].Span != at || !strings.Contains(found[0].Message, "it takes longer than 500ms") {
		t.Errorf("got %+v, %v", judged, found)
	}
}
