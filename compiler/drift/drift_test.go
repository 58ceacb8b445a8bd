package drift_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/schema"
)

const head = "# " + emit.Mark + schema.Version + " from stemma.yaml. Do not edit: change the definition and run `stemma compile`.\n"

const recipe = "# " + emit.RecipeMark + "\n"

// section is what a compiled file has of an image.
func section(name, ingredients, tag string) string {
	return fmt.Sprintf("\n# %s: fedora 43\n# Made of: %s\n.fdo.container-build@%s:\n  variables:\n    FDO_DISTRIBUTION_TAG: %s\n", name, ingredients, name, tag)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	compiled := []emit.File{{Path: "same", Content: []byte(head)}, {Path: "other", Content: []byte(head + "a: 1\n")}, {Path: "new", Content: []byte(head)}, {Path: "foreign", Content: []byte(head)}}
	committed := drift.Committed{
		"same": []byte(head), "other": []byte(head), "foreign": []byte("a: 1\n"),
		"old": []byte(recipe), "old/er": []byte(head), "not ours": []byte("b: 1\n"),
	}
	want := drift.State{Write: []emit.File{compiled[1], compiled[2]}, Remove: []string{"old", "old/er"}, Foreign: []string{"foreign"}}
	if diff := cmp.Diff(want, drift.Compare(compiled, committed)); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
}

// TestReport holds what is said of a file that is not what the definition compiles to.
func TestReport(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		was, is string
		want    []string
	}{
		"nothing changed":  {head + section("a", "definition 1", "t1"), head + section("a", "definition 1", "t1"), nil},
		"not yet compiled": {"", head, []string{"f:1 f: f has not been compiled yet"}},
		"an ingredient": {
			head + section("a", "definition 1, a file 2", "t1"), head + section("a", "definition 1, a file 3", "t2"),
			[]string{"f:3 a: a: a file changed; its tag was t1 and is t2"},
		},
		"ingredients that come and go": {
			head + section("a", "definition 1, x 2, y 3", "t1"), head + section("a", "definition 2, x 2, z 3", `"2"`),
			[]string{"f:3 a: a: definition changed, y is gone, z is new; its tag was t1 and is 2"},
		},
		"a base without a pin": {
			head + section("a", "definition 1, registry.example.org/b:1 as named", "t1"), head + section("a", "definition 1, registry.example.org/b:2 as named", "t2"),
			[]string{"f:3 a: a: registry.example.org/b:1 is gone, registry.example.org/b:2 is new; its tag was t1 and is t2"},
		},
		"a tag by hand": {
			head + section("a", "definition 1", "v1"), head + section("a", "definition 2", "v1"),
			[]string{"f:3 a: a: definition changed"},
		},
		"images that come and go": {
			head + section("a", "definition 1", "t1") + section("b", "definition 1", "t1"), head + section("a", "definition 1", "t1") + section("c", "definition 1", "t1"),
			[]string{"f:1 c: c: the image is new", "f:9 b: b: the image is gone"},
		},
		"something else": {
			head + section("a", "definition 1", "t1") + "x: 1\n", head + section("a", "definition 1", "t1") + "x: 2\n",
			[]string{"f:8 f: from here on f is not what the definition compiles to"},
		},
		"the end is missing": {
			head + "x: 1\n", head + "x: 1\ny: 1\n",
			[]string{"f:3 f: from here on f is not what the definition compiles to"},
		},
		"Windows line ends": {
			strings.ReplaceAll(head+section("a", "definition 1", "t1"), "\n", "\r\n"), head + section("a", "definition 2", "t1"),
			[]string{"f:3 a: a: definition changed"},
		},
		"another version": {
			"# " + emit.Mark + "v0.0.1 from stemma.yaml.\n", head,
			[]string{"f:1 f: f was compiled by stemma v0.0.1, and this is stemma " + schema.Version},
		},
		"another recipe": {
			recipe + "recipe: a\n", recipe + "recipe: b\n",
			[]string{"f:1 f: f is not what stemma " + schema.Version + " compiles"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			committed := drift.Committed{}
			if test.was != "" {
				committed["f"] = []byte(test.was)
			}
			state := drift.Compare([]emit.File{{Path: "f", Content: []byte(test.is)}}, committed)
			var found diagnostic.List
			state.Report(committed, true, &found)
			if diff := cmp.Diff(test.want, lines(t, found, diagnostic.Drift)); diff != "" {
				t.Errorf("(-want +got): %s", diff)
			}
			var quiet diagnostic.List
			if state.Report(committed, false, &quiet); len(quiet) > 0 {
				t.Errorf("without differences %v is reported, want nothing", quiet)
			}
		})
	}
}

// TestReportOfFiles holds what is said of files that are in the way, and of those that are left over.
func TestReportOfFiles(t *testing.T) {
	t.Parallel()
	committed := drift.Committed{"templates/a.yml": []byte("a: 1\n"), "templates/old.yml": []byte(head)}
	state := drift.Compare([]emit.File{{Path: "templates/a.yml", Content: []byte(head)}}, committed)
	var found diagnostic.List
	state.Report(committed, false, &found)
	foreign := []string{"templates/a.yml:1 templates/a.yml: templates/a.yml exists and was not generated by stemma; it is left alone"}
	if diff := cmp.Diff(foreign, lines(t, found, diagnostic.ForeignFile)); diff != "" {
		t.Errorf("without differences (-want +got): %s", diff)
	}
	found = nil
	state.Report(committed, true, &found)
	if diff := cmp.Diff([]string{"templates/old.yml:1 templates/old.yml: templates/old.yml is no longer compiled from anything"}, lines(t, found[1:], diagnostic.Drift)); diff != "" {
		t.Errorf("with differences (-want +got): %s", diff)
	}
}

// lines are findings of one code, each of which says what to do.
func lines(t *testing.T, found diagnostic.List, code diagnostic.Code) []string {
	t.Helper()
	var out []string
	for _, d := range found.Sorted() {
		if d.Code != code || d.Hint == "" || d.Severity != diagnostic.Error {
			t.Errorf("%q has the code %s and the hint %q, want an error %s with a hint", d.Message, d.Code, d.Hint, code)
		}
		out = append(out, d.Span.String()+" "+d.Key+": "+d.Message)
	}
	return out
}

func TestStaleTags(t *testing.T) {
	t.Parallel()
	tag, err := schema.ParseTag("v1")
	if err != nil {
		t.Fatal(err)
	}
	place := diagnostic.Span{File: "stemma.yaml", Line: 3, Column: 5}
	byHand := &definition.Image{Name: "a", Tag: definition.Located[schema.Tag]{Value: tag, Span: place}}
	tests := map[string]struct {
		image   *definition.Image
		was, is string
		want    int
	}{
		"the content changed, the tag did not": {byHand, section("a", "definition 1", "v1"), section("a", "definition 2", "v1"), 1},
		"both changed":                         {byHand, section("a", "definition 1", "v0"), section("a", "definition 2", "v1"), 0},
		"nothing changed":                      {byHand, section("a", "definition 1", "v1"), section("a", "definition 1", "v1"), 0},
		"the image is new":                     {byHand, "", section("a", "definition 2", "v1"), 0},
		"a content tag":                        {&definition.Image{Name: "a"}, section("a", "definition 1", "v1"), section("a", "definition 2", "v1"), 0},
		"another image":                        {byHand, section("b", "definition 1", "v1"), section("b", "definition 2", "v1"), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			d := &definition.Definition{Images: []*definition.Image{test.image}}
			drift.StaleTags(d, []emit.File{{Path: "f", Content: []byte(head + test.is)}}, drift.Committed{"f": []byte(head + test.was)}, &found)
			if len(found) != test.want {
				t.Fatalf("%d findings, want %d: %v", len(found), test.want, found)
			}
			if test.want == 0 {
				return
			}
			got := found[0]
			if got.Code != diagnostic.StaleTag || got.Severity != diagnostic.Warning || got.Span != place || got.Key != "a" || !strings.Contains(got.Message, "definition changed") || got.Hint == "" {
				t.Errorf("the finding is %+v, want a warning at the tag that names what changed", got)
			}
		})
	}
}
