package edit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
)

func TestReferencesMatchExactlyAndChangeNothingElse(t *testing.T) {
	t.Parallel()
	r := edit.Reference{Repository: "quay.io/team/base", Old: "1.2", New: "1.10"}
	tests := map[string]string{
		"image: quay.io/team/base:1.2\r\n":              "image: quay.io/team/base:1.10\r\n",
		"image: \"quay.io/team/base:1.2\" # stays":      "image: \"quay.io/team/base:1.10\" # stays",
		"on quay.io/team/base:1.2. Then":                "on quay.io/team/base:1.10. Then",
		"{a: quay.io/team/base:1.2}":                    "{a: quay.io/team/base:1.10}",
		"quay.io/team/base:1.2":                         "quay.io/team/base:1.10",
		"a quay.io/team/base:1.2 quay.io/team/base:1.2": "a quay.io/team/base:1.10 quay.io/team/base:1.10",
		"quay.io/team/base:1.2.3":                       "quay.io/team/base:1.2.3",
		"quay.io/team/base:1.2-slim":                    "quay.io/team/base:1.2-slim",
		"quay.io/team/base:1.21":                        "quay.io/team/base:1.21",
		"mirror/quay.io/team/base:1.2":                  "mirror/quay.io/team/base:1.2",
		"quay.io/team/base:1.2@sha256:0":                "quay.io/team/base:1.2@sha256:0",
		"quay.io/team/base-image:1.2":                   "quay.io/team/base-image:1.2",
		"myquay.io/team/base:1.2":                       "myquay.io/team/base:1.2",
	}
	for before, want := range tests {
		got, err := edit.Apply(before, edit.References("f", before, r))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

func TestPinsAreFoundByKeyAndByPattern(t *testing.T) {
	t.Parallel()
	const file = "# comment\nvariables:\n  OTHER: v1\n  BUILDER_TAG:   'v1'  # the builder\n  a.b: {c: \"registry/x:v1\"}\nlist: [v1]\nlong: |\n  v1\n---\nsecond: v1\n"
	tests := map[string]struct {
		pin       edit.Pin
		want, err string
	}{
		"a key":                   {edit.Pin{Key: "variables.BUILDER_TAG"}, "  BUILDER_TAG:   'v2'  # the builder", ""},
		"a reference, dotted key": {edit.Pin{Key: "variables.a.b.c"}, "  a.b: {c: \"registry/x:v2\"}", ""},
		"a second document":       {edit.Pin{Key: "second"}, "second: v2", ""},
		"a pattern":               {edit.Pin{Pattern: `OTHER: (\S+)`}, "  OTHER: v2", ""},
		"no such key":             {edit.Pin{Key: "variables.NONE"}, "", `there is no key "variables.NONE"`},
		"a list":                  {edit.Pin{Key: "list"}, "", "holds no text"},
		"a block":                 {edit.Pin{Key: "long"}, "", "cannot be changed in place"},
		"nothing matches":         {edit.Pin{Pattern: `NONE: (\S+)`}, "", "nothing matches"},
		"no group":                {edit.Pin{Pattern: `OTHER`}, "", "no regular expression with one group"},
		"another value":           {edit.Pin{Pattern: `(comment)`}, "", `f:1 holds "comment" where "v1" is expected`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.pin.File = "f"
			edits, err := test.pin.Find(file, "v1", "v2", false)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v, want %s", err, test.err)
				}
				return
			}
			got, applied := edit.Apply(file, edits)
			if err != nil || applied != nil || !strings.Contains(got, test.want+"\n") || len(got) != len(file) {
				t.Errorf("%v %v\n%s", err, applied, got)
			}
		})
	}
}

// A trial run adds a suffix, to the tag or beside it, and the bump for good takes it away.
func TestTrialRunsAreUndone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pin                  edit.Pin
		before, trial, after string
	}{
		"behind the tag": {edit.Pin{Key: "tag", TestSuffix: "-test"}, "tag: v1\n", "tag: v2-test\n", "tag: v2\n"},
		"in a variable of its own": {
			edit.Pin{Key: "tag", TestSuffix: "_test_only", TestKey: "suffix"},
			"tag: v1\nsuffix: \"\" # empty\n", "tag: v2\nsuffix: \"_test_only\" # empty\n", "tag: v2\nsuffix: \"\" # empty\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := func(content, old string, isTest bool) string {
				edits, err := test.pin.Find(content, old, "v2", isTest)
				if err != nil {
					t.Fatal(err)
				}
				out, err := edit.Apply(content, edits)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			trial := change(test.before, "v1", true)
			if after := change(trial, "v2", false); trial != test.trial || after != test.after {
				t.Errorf("%q, then %q", trial, after)
			}
			if after := change(trial, "v1", false); after != test.after {
				t.Errorf("the definition still has the old tag: %q", after)
			}
			if after := change(test.before, "v1", false); after != test.after {
				t.Errorf("without a trial: %q", after)
			}
		})
	}
	if _, err := (edit.Pin{Key: "tag", TestSuffix: "_test", TestKey: "suffix"}).Find("tag: v1\nsuffix: other\n", "v1", "v2", true); err == nil {
		t.Error("a suffix that nobody knows is replaced")
	}
}

func TestEditsThatOverlapAreRefused(t *testing.T) {
	t.Parallel()
	same := edit.Edit{File: "f", Offset: 1, Length: 2, New: "x"}
	if got, err := edit.Apply("abcd", []edit.Edit{same, same}); err != nil || got != "axd" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := edit.Apply("abcd", []edit.Edit{same, {File: "f", Offset: 2, Length: 1, New: "y"}}); err == nil {
		t.Error("two edits at one place")
	}
}

func FuzzEditsTouchNothingElse(f *testing.F) {
	f.Add("a: quay.io/team/base:1.2\n", "variables.x")
	f.Fuzz(func(t *testing.T, content, key string) {
		r := edit.Reference{Repository: "quay.io/team/base", Old: "1.2", New: "9"}
		edits := edit.References("f", content, r)
		got, err := edit.Apply(content, edits)
		if err != nil || len(content)-len(got) != 2*len(edits) {
			t.Errorf("%v: %q became %q", err, content, got)
		}
		if found, err := (edit.Pin{File: "f", Key: key}).Find(content, "1.2", "9", false); err == nil && len(found) != 1 {
			t.Errorf("%v", found)
		}
	})
}
