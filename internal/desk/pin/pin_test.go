package pin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// digest is one of a single hex digit.
func digest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

// seen is a digest that was first seen some days before now.
func seen(digit string, days int) lock.Sighting {
	return lock.Sighting{Digest: digest(digit), FirstSeen: now.AddDate(0, 0, -days).Format(time.RFC3339)}
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// registry has one digest for each reference, and may have lost digests. It is safe for concurrent use.
type registry struct {
	present map[string]string
	lost    []string
	failing string

	mutex sync.Mutex
	asked []string
}

func (r *registry) Resolve(_ context.Context, reference oci.Reference) (oci.Digest, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.asked = append(r.asked, reference.String())
	if present, ok := r.present[reference.String()]; ok {
		return oci.ParseDigest(present)
	}
	return oci.Digest{}, errors.New("no such image")
}

func (r *registry) Has(_ context.Context, reference oci.Reference) (bool, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.asked = append(r.asked, reference.String())
	if r.failing != "" && strings.HasSuffix(reference.String(), r.failing) {
		return false, errors.New("it does not answer")
	}
	return !slices.ContainsFunc(r.lost, func(digest string) bool { return strings.HasSuffix(reference.String(), digest) }), nil
}

func parents(t *testing.T, names ...string) []pin.Parent {
	t.Helper()
	out := make([]pin.Parent, len(names))
	for i, name := range names {
		reference, err := oci.ParseReference(name)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = pin.Parent{Name: name, Reference: reference}
	}
	return out
}

func never(string) bool  { return false }
func always(string) bool { return true }

// TestUpdateMovesAnEntry holds what becomes of one entry under each policy.
func TestUpdateMovesAnEntry(t *testing.T) {
	t.Parallel()
	const name = "docker.io/library/debian:trixie"
	tests := map[string]struct {
		// before is the entry, or zero; present is the digit of the registry's digest.
		before     lock.Sighting
		newer      []lock.Sighting
		present    string
		moves, now func(string) bool
		days       int
		lost       []string
		want       lock.Sighting
		wantNewer  []lock.Sighting
		newest     lock.Sighting
	}{
		"a new entry":                             {present: "a", moves: never, now: never, days: 9, want: seen("a", 0)},
		"nothing newer":                           {before: seen("a", 5), present: "a", moves: always, now: never, want: seen("a", 5)},
		"newer, and it stays":                     {before: seen("a", 5), present: "b", moves: never, now: never, want: seen("a", 5), wantNewer: []lock.Sighting{seen("b", 0)}, newest: seen("b", 0)},
		"newer, and seen before":                  {before: seen("a", 5), newer: []lock.Sighting{seen("b", 2)}, present: "b", moves: never, now: never, want: seen("a", 5), wantNewer: []lock.Sighting{seen("b", 2)}, newest: seen("b", 2)},
		"newer, and it moves":                     {before: seen("a", 5), present: "b", moves: always, now: never, want: seen("b", 0)},
		"not old enough":                          {before: seen("a", 5), newer: []lock.Sighting{seen("b", 2)}, present: "b", moves: always, now: never, days: 3, want: seen("a", 5), wantNewer: []lock.Sighting{seen("b", 2)}, newest: seen("b", 2)},
		"exactly old enough":                      {before: seen("a", 5), newer: []lock.Sighting{seen("b", 3)}, present: "b", moves: always, now: never, days: 3, want: seen("b", 3)},
		"one between is old enough":               {before: seen("a", 9), newer: []lock.Sighting{seen("b", 4), seen("c", 1)}, present: "c", moves: always, now: never, days: 3, want: seen("b", 4), wantNewer: []lock.Sighting{seen("c", 1)}, newest: seen("c", 1)},
		"one between is gone":                     {before: seen("a", 9), newer: []lock.Sighting{seen("b", 4), seen("c", 1)}, present: "c", moves: always, now: never, days: 3, lost: []string{digest("b")}, want: seen("a", 9), wantNewer: []lock.Sighting{seen("b", 4), seen("c", 1)}, newest: seen("c", 1)},
		"now, whatever its age":                   {before: seen("a", 5), newer: []lock.Sighting{seen("b", 4)}, present: "c", moves: never, now: always, days: 9, want: seen("c", 0)},
		"now, and nothing newer":                  {before: seen("a", 5), present: "a", moves: never, now: always, want: seen("a", 5)},
		"the registry is back at what is in use":  {before: seen("a", 5), newer: []lock.Sighting{seen("b", 1)}, present: "a", moves: never, now: never, want: seen("a", 5), wantNewer: []lock.Sighting{seen("b", 1)}},
		"a moment that cannot be read is no age":  {before: seen("a", 5), newer: []lock.Sighting{{Digest: digest("b"), FirstSeen: "yesterday"}}, present: "a", moves: always, now: never, want: seen("a", 5), wantNewer: []lock.Sighting{{Digest: digest("b"), FirstSeen: "yesterday"}}},
		"a digest that cannot be read is skipped": {before: seen("a", 5), newer: []lock.Sighting{{Digest: "sha256:b", FirstSeen: seen("b", 4).FirstSeen}}, present: "a", moves: always, now: never, want: seen("a", 5), wantNewer: []lock.Sighting{{Digest: "sha256:b", FirstSeen: seen("b", 4).FirstSeen}}},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			var old lock.Lock
			if test.before != (lock.Sighting{}) {
				old.Entries = []lock.Entry{{Name: name, Sighting: test.before, Newer: test.newer, Comment: "why"}}
			}
			policy := pin.Policy{Moves: test.moves, Now: test.now, MinimumAge: time.Duration(test.days) * 24 * time.Hour, Time: now.In(time.FixedZone("", 3600))}
			got, changes, err := pin.Update(t.Context(), &registry{present: map[string]string{name: digest(test.present)}, lost: test.lost}, old, parents(t, name), policy)
			if err != nil {
				t.Fatal(err)
			}
			want := lock.Entry{Name: name, Sighting: test.want, Newer: test.wantNewer}
			if len(old.Entries) > 0 {
				want.Comment = "why"
			}
			if len(got.Entries[0].Newer) == 0 {
				got.Entries[0].Newer = nil
			}
			if diff := cmp.Diff([]lock.Entry{want}, got.Entries); diff != "" {
				t.Errorf("the lock (-want +got): %s", diff)
			}
			change := pin.Change{Name: name, Before: test.before, After: test.want, Newest: test.newest}
			if diff := cmp.Diff([]pin.Change{change}, changes); diff != "" {
				t.Errorf("the changes (-want +got): %s", diff)
			}
		})
	}
}

// TestUpdateOfSeveral holds the order, that each parent is asked for once, and that entries of no parent go.
func TestUpdateOfSeveral(t *testing.T) {
	t.Parallel()
	r := &registry{present: map[string]string{"r.example.com/a:1": digest("a"), "r.example.com/b:1": digest("b")}}
	old := lock.Lock{
		Comment: "ours", Sources: []lock.Source{{Name: "s", Commit: "c"}},
		Entries: []lock.Entry{{Name: "r.example.com/aa:1", Sighting: seen("d", 1)}, {Name: "r.example.com/b:1", Sighting: seen("b", 1)}},
	}
	got, changes, err := pin.Update(t.Context(), r, old, parents(t, "r.example.com/b:1", "r.example.com/a:1"), pin.Policy{Moves: never, Now: never, Time: now})
	if err != nil {
		t.Fatal(err)
	}
	want := lock.Lock{Comment: "ours", Sources: old.Sources, Entries: []lock.Entry{{Name: "r.example.com/a:1", Sighting: seen("a", 0)}, {Name: "r.example.com/b:1", Sighting: seen("b", 1)}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lock (-want +got): %s", diff)
	}
	wantChanges := []pin.Change{{Name: "r.example.com/a:1", After: seen("a", 0)}, {Name: "r.example.com/aa:1", Before: seen("d", 1)}, {Name: "r.example.com/b:1", Before: seen("b", 1), After: seen("b", 1)}}
	if diff := cmp.Diff(wantChanges, changes); diff != "" {
		t.Errorf("the changes (-want +got): %s", diff)
	}
	slices.Sort(r.asked)
	if diff := cmp.Diff([]string{"r.example.com/a:1", "r.example.com/b:1"}, r.asked); diff != "" {
		t.Errorf("asked for (-want +got): %s", diff)
	}
}

func TestUpdateNamesEveryFailure(t *testing.T) {
	t.Parallel()
	r := &registry{present: map[string]string{"r.example.com/c:1": digest("a")}, failing: digest("b")}
	old := lock.Lock{Entries: []lock.Entry{{Name: "r.example.com/c:1", Sighting: seen("c", 9), Newer: []lock.Sighting{seen("b", 4)}}}}
	got, changes, err := pin.Update(t.Context(), r, old, parents(t, "r.example.com/a:1", "r.example.com/b:1", "r.example.com/c:1"), pin.Policy{Moves: always, Now: never, MinimumAge: time.Hour, Time: now})
	if err == nil || changes != nil || len(got.Entries) > 0 {
		t.Fatalf("the error is %v, with %d changes and %d entries, want an error and neither", err, len(changes), len(got.Entries))
	}
	for _, want := range []string{"pin r.example.com/a:1: no such image", "pin r.example.com/b:1: no such image", "pin r.example.com/c:1: it does not answer"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want %q in it", err, want)
		}
	}
}

// commits are those that sources have now, by name.
type commits map[string]string

func (c commits) Commit(_ context.Context, source definition.Source) (string, error) {
	if commit, ok := c[source.Name()]; ok {
		return commit, nil
	}
	return "", errors.New("no such project")
}

func TestSources(t *testing.T) {
	t.Parallel()
	source := func(name string) definition.Source {
		return definition.Source{Project: name, Path: definition.Located[string]{Value: name, Span: diagnostic.Span{Line: 1}}}
	}
	now := commits{"g/kept@HEAD": "k2", "g/moved@HEAD": "m2", "g/new@HEAD": "n1"}
	old := lock.Lock{Sources: []lock.Source{{Name: "g/gone@HEAD", Commit: "g1"}, {Name: "g/kept@HEAD", Commit: "k1"}, {Name: "g/moved@HEAD", Commit: "m1"}}}
	moves := func(name string) bool { return name == "g/moved@HEAD" }
	got, changes, err := pin.Sources(t.Context(), now, old, []definition.Source{source("g/new"), source("g/moved"), source("g/kept")}, moves)
	if err != nil {
		t.Fatal(err)
	}
	want := []lock.Source{{Name: "g/kept@HEAD", Commit: "k1"}, {Name: "g/moved@HEAD", Commit: "m2"}, {Name: "g/new@HEAD", Commit: "n1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the sources (-want +got): %s", diff)
	}
	at := func(commit string) lock.Sighting { return lock.Sighting{Digest: commit} }
	wantChanges := []pin.Change{
		{Name: "g/gone@HEAD", Before: at("g1")},
		{Name: "g/kept@HEAD", Before: at("k1"), After: at("k1")},
		{Name: "g/moved@HEAD", Before: at("m1"), After: at("m2")},
		{Name: "g/new@HEAD", After: at("n1")},
	}
	if diff := cmp.Diff(wantChanges, changes); diff != "" {
		t.Errorf("the changes (-want +got): %s", diff)
	}
	_, _, err = pin.Sources(t.Context(), now, lock.Lock{}, []definition.Source{source("g/x"), source("g/y")}, never)
	for _, want := range []string{"pin g/x@HEAD: no such project", "pin g/y@HEAD: no such project"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}
