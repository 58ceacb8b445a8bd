package wave_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
)

func TestPokesAreReadStrictly(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, by, wave, path, want string }{
		{"nothing is no poke", "", "", "", ""},
		{"all three", "Team/Base/image", "p77", "team/base/image", ""},
		{"a poke written by hand", "team/base", "", "", ""},
		{"a name with a quote", `a/b" || "1`, "", "", "not an image of a project"},
		{"a name of one segment", "base", "", "", "not an image of a project"},
		{"a name with a line end", "a/b\n", "", "", "not an image of a project"},
		{"a long name", "a/" + strings.Repeat("b", 500), "", "", "not an image of a project"},
		{"an id with a blank", "a/b", "p 7", "", "not the id of a wave"},
		{"a long id", "a/b", strings.Repeat("7", 65), "", "not the id of a wave"},
		{"a path with a hole", "a/b", "p7", "a/b,,c/d", "an empty name"},
		{"a path with an invalid name", "a/b", "p7", "a/b,$(id)", "not an image of a project"},
		{"an endless path", "a/b", "p7", strings.Repeat("a/b,", 99) + "a/b", "more than 64 images"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			poke, err := wave.ReadPoke(test.by, test.wave, test.path)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got the error %v, want one with %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := []string{poke.By.String(), poke.Wave.String(), poke.Path.String()}
			if diff := cmp.Diff([]string{strings.ToLower(test.by), test.wave, test.path}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWavesAreNamedByThePipelineTheyBeginIn(t *testing.T) {
	t.Parallel()
	for pipeline, want := range map[string]string{"4711": "p4711", "": "", "47 11": "", "$(id)": ""} {
		if got := wave.Begin(pipeline).String(); got != want {
			t.Errorf("the wave of pipeline %q is %q, want %q", pipeline, got, want)
		}
	}
}

func TestPathsEndWhereTheyCameBy(t *testing.T) {
	t.Parallel()
	path := parsePath(t, "team/base/a,team/mid/b,team/mid/c")
	_, err := path.Visit(name(t, "Team/Mid/b"))
	var cycle wave.CycleError
	if !errors.As(err, &cycle) {
		t.Fatalf("got %v, want a cycle", err)
	}
	if want := "team/mid/b → team/mid/c → team/mid/b"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not name the cycle %q", err, want)
	}
}

func TestPathsAreNotLongerThanTheyMayBe(t *testing.T) {
	t.Parallel()
	var path wave.Path
	for i := range wave.MaxDepth {
		var err error
		if path, err = path.Visit(name(t, "team/p"+strings.Repeat("x", i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := wave.ParsePath(path.String()); err != nil {
		t.Errorf("the longest path is not read again: %v", err)
	}
	_, err := path.Visit(name(t, "team/last"))
	var depth wave.DepthError
	if !errors.As(err, &depth) || !strings.Contains(err.Error(), "team/last") {
		t.Errorf("got %v, want that the wave stops at team/last", err)
	}
}

func TestVisitsDoNotShareTheirPaths(t *testing.T) {
	t.Parallel()
	path := parsePath(t, "a/b,c/d")
	left, err := path.Visit(name(t, "e/f"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := path.Visit(name(t, "g/h")); err != nil {
		t.Fatal(err)
	}
	if left.String() != "a/b,c/d,e/f" {
		t.Errorf("one visit changed another's path to %s", left)
	}
}

func TestImagesThatFailAreLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	on := wave.Fingerprint("inputs", []string{"sha256:b", "sha256:a"})
	if on != wave.Fingerprint("inputs", []string{"sha256:a", "sha256:b"}) {
		t.Error("the order of the parents counts")
	}
	var attempts wave.Attempts
	var verdicts []string
	for _, after := range []time.Duration{0, 14 * time.Minute, 16 * time.Minute, 70 * time.Minute, 80 * time.Minute, 999 * time.Hour} {
		refusal := attempts.Refuses(on, now.Add(after))
		verdicts = append(verdicts, strings.SplitN(refusal, ":", 2)[0])
		if refusal == "" {
			attempts = attempts.Failed(on, now.Add(after))
		}
	}
	want := []string{"", "its last rebuild on the same parents failed", "", "its last rebuild on the same parents failed", "", "its rebuild failed 3 times in a row on the same parents"}
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Error(diff)
	}
	for _, changed := range []string{wave.Fingerprint("other", []string{"sha256:a", "sha256:b"}), wave.Fingerprint("inputs", []string{"sha256:a", "sha256:c"})} {
		if refusal := attempts.Refuses(changed, now); refusal != "" {
			t.Errorf("it is left alone although something changed: %s", refusal)
		}
		if again := attempts.Failed(changed, now); again.Failures != 1 {
			t.Errorf("failures on other parents count: %d", again.Failures)
		}
	}
}

func FuzzReadPoke(f *testing.F) {
	f.Add("team/base", "p7", "team/base,team/mid")
	f.Add("a/b", "", "a/b,,")
	f.Fuzz(func(t *testing.T, by, id, path string) {
		poke, err := wave.ReadPoke(by, id, path)
		if err != nil {
			return
		}
		again, err := wave.ReadPoke(poke.By.String(), poke.Wave.String(), poke.Path.String())
		if err != nil || again.Path.String() != poke.Path.String() {
			t.Errorf("%q %q %q reads as %v, and that as %v, %v", by, id, path, poke, again, err)
		}
		for _, text := range []string{poke.By.String(), poke.Wave.String(), poke.Path.String()} {
			if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._,/-", r) }) {
				t.Errorf("%q is let through", text)
			}
		}
		if slices.Contains(strings.Split(poke.Path.String(), ","), "") && poke.Path.String() != "" {
			t.Error("a path has an empty name")
		}
	})
}

func name(t *testing.T, text string) wave.Name {
	t.Helper()
	n, err := wave.ParseName(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func parsePath(t *testing.T, text string) wave.Path {
	t.Helper()
	p, err := wave.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
