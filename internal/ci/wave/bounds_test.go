package wave_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
)

func TestIDsAndNamesHaveALength(t *testing.T) {
	t.Parallel()
	isID := func(text string) error { _, err := wave.ParseID(text); return err }
	isName := func(text string) error { _, err := wave.ParseName(text); return err }
	tests := map[string]struct {
		parse func(string) error
		text  string
		says  string
	}{
		"the longest id":      {isID, strings.Repeat("7", 64), ""},
		"an id too long":      {isID, strings.Repeat("7", 65), `"` + strings.Repeat("7", 65) + `" is not the id of a wave`},
		"no id":               {isID, "", ""},
		"the longest name":    {isName, "a/" + strings.Repeat("b", 398), ""},
		"a name too long":     {isName, "a/" + strings.Repeat("b", 399), `"a/` + strings.Repeat("b", 78) + `"… is not an image of a project`},
		"80 characters":       {isName, strings.Repeat("b", 80), `"` + strings.Repeat("b", 80) + `" is not`},
		"81 characters":       {isName, strings.Repeat("b", 81), `"` + strings.Repeat("b", 80) + `"… is not`},
		"an image of nothing": {func(text string) error { _, err := wave.NameOf("", text); return err }, "rust", `the image "rust" of the project "" has no name`},
		"a project alone":     {func(text string) error { _, err := wave.NameOf(text, ""); return err }, "group/project", `the image "" of the project "group/project" has no name`},
		"an image":            {func(text string) error { _, err := wave.NameOf("group/project", text); return err }, "rust", ""},
	}
	for name, test := range tests {
		err := test.parse(test.text)
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.HasPrefix(err.Error(), test.says)) {
			t.Errorf("%s: got %v, want %q", name, err, test.says)
		}
	}
}

func TestMovesAreForPeople(t *testing.T) {
	t.Parallel()
	long := "sha256:" + strings.Repeat("a", 12)
	tests := map[string]struct {
		move wave.Move
		want string
	}{
		"a name":                  {wave.Move{Reference: "r.io/x:1", Name: name(t, "team/base/img"), Before: "a", After: "b"}, "parent team/base/img moved from a to b"},
		"a reference":             {wave.Move{Reference: "r.io/x:1", Before: "a", After: "b"}, "parent r.io/x:1 moved from a to b"},
		"digests that are whole":  {wave.Move{Reference: "x", Before: long, After: long}, "parent x moved from " + long + " to " + long},
		"digests that are longer": {wave.Move{Reference: "x", Before: long + "b", After: long + "cd"}, "parent x moved from " + long + "… to " + long + "…"},
	}
	for name, test := range tests {
		if got := test.move.String(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAWaveThatIsTooLongNamesBothEnds(t *testing.T) {
	t.Parallel()
	var path wave.Path
	for i := range wave.MaxDepth {
		var err error
		if path, err = path.Visit(name(t, "team/p"+strings.Repeat("x", i))); err != nil {
			t.Fatalf("the image %d: %v", i, err)
		}
	}
	_, err := path.Visit(name(t, "team/last"))
	if want := "the wave that began at team/p stops at team/last: it has passed 64 images"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	if _, err := wave.ParsePath(path.String() + ",team/last"); err == nil {
		t.Error("a path of 65 images is read")
	}
}

// A record without a failure comes from nobody's job, and refuses nothing.
func TestARecordWithoutFailuresRefusesNothing(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]string{-1: "", 0: "", 1: "its last rebuild on the same parents failed: it is tried again after 2026-01-02T03:19:05Z"} {
		if got := (wave.Attempts{On: "x", Failures: failures, Last: now}).Refuses("x", now); got != want {
			t.Errorf("%d failures: got %q, want %q", failures, got, want)
		}
	}
}

// How long others wait for an image whose parent moved.
func TestOthersWaitForAWhile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		age  time.Duration
		want wave.Action
	}{
		"it moved just now":          {0, wave.Leave},
		"it moved a moment ago":      {wave.Patience - time.Second, wave.Leave},
		"it moved long ago":          {wave.Patience, wave.Build},
		"its clock is ahead":         {-time.Hour + time.Second, wave.Leave},
		"its clock is too far ahead": {-time.Hour, wave.Build},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet := registry{
				"team/base/img":   {digest: "base2", wave: "w", dependents: "TEAM/left team/bottom", age: test.age},
				"team/left/img":   {digest: "left1", dependents: "team/bottom", parents: "team/base/img=base1"},
				"team/bottom/img": {digest: "bottom1", parents: "team/base/img=base1 team/left/img=left1"},
			}
			self, err := fleet.Image(t.Context(), "team/bottom/img")
			if err != nil {
				t.Fatal(err)
			}
			poke, err := wave.ReadPoke("team/base/img", "w", "team/base/img")
			if err != nil {
				t.Fatal(err)
			}
			got, err := wave.Decide(t.Context(), fleet, poke, self, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Action != test.want {
				t.Errorf("got %s: %s, want %s", got.Action, got.Reason, test.want)
			}
			moves := []wave.Move{{Reference: "team/base/img", Before: "base1", After: "base2", Name: poke.By}}
			if diff := cmp.Diff(moves, got.Moved, cmp.Comparer(func(a, b wave.Name) bool { return a == b })); diff != "" {
				t.Errorf("moves (-want +got):\n%s", diff)
			}
			if awaited := got.Await.String(); (awaited == "team/left/img") != (test.want == wave.Leave) {
				t.Errorf("it waits for %q", awaited)
			}
			polled, id, err := wave.Poll(t.Context(), fleet, self, now)
			if err != nil || polled.Action != test.want || len(polled.Moved) != 1 || id.IsZero() != (test.want == wave.Leave) {
				t.Errorf("a poll decides %+v in wave %q (%v), want %s", polled, id, err, test.want)
			}
		})
	}
}
