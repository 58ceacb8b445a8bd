package lock_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

func TestMistakesInALock(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	entry := "{digest: \"" + digest + "\", firstSeen: \"2026-11-20T00:00:00Z\"}"
	tests := map[string]struct{ source, want string }{
		"nothing":               {" \n", ""},
		"comments":              {"# Ours.\n", ""},
		"all of it":             {"version: 1\nparents: {\"r.io/a:1\": " + entry + "}\n", ""},
		"no YAML":               {"version: [1\n", "2:1: stemma.lock is not YAML: did not find expected ',' or ']'"},
		"a list":                {"- version\n", "1:1: stemma.lock holds no map"},
		"another version":       {"version: 2\n", `1:10: the lock has version "2", which another version of stemma wrote`},
		"an unknown key":        {"version: 1\nparent: {}\n", `2:1: unknown key "parent"`},
		"parents in a list":     {"parents: []\n", `1:1: unknown key "parents"`},
		"no name":               {"parents:\n  \"a b\": " + entry + "\n", `2:3: "a b" is not the name of a parent`},
		"a name twice":          {"parents: {\"r.io/a:1\": " + entry + ", \"r.io/a:1\": " + entry + "}\n", `"r.io/a:1" is pinned twice`},
		"no map":                {"parents: {\"r.io/a:1\": " + digest + "}\n", `1:23: "r.io/a:1" has no digest`},
		"no digest":             {"parents: {\"r.io/a:1\": {firstSeen: x}}\n", "1:23: an entry has no digest"},
		"no time":               {"parents: {\"r.io/a:1\": {digest: x}}\n", "1:23: an entry has no firstSeen"},
		"a wrong time":          {"parents: {\"r.io/a:1\": " + strings.Replace(entry, "2026-11-20T00:00:00Z", "today", 1) + "}\n", `"today" is not a time such as 2026-11-20T00:00:00Z`},
		"a wrong digest":        {"parents: {\"r.io/a:1\": " + strings.Replace(entry, digest, "latest", 1) + "}\n", `1:32: "latest" is not a digest`},
		"a wrong newer one":     {"parents: {\"r.io/a:1\": {newer: [{}], digest: \"" + digest + "\", firstSeen: \"2026-11-20T00:00:00Z\"}}\n", "1:32: an entry has no digest"},
		"no name of a source":   {"sources: {\"a b\": x}\n", `1:11: "a b" is not the name of a source`},
		"no commit":             {"sources: {\"https://example.org/a.git@main\": x}\n", `"x" is not a commit: it is 40 or 64 hex digits`},
		"no name of a module":   {"modules: {\"a b\": " + digest + "}\n", `1:11: "a b" is not the name of a module`},
		"a file that is large":  {strings.Repeat("#", 4<<20+1), "stemma.lock is larger than 4 MiB"},
		"as large as it may be": {strings.Repeat("#", 4<<20), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			lock.Parse([]byte(test.source), &found)
			if test.want == "" {
				if len(found) > 0 {
					t.Errorf("got %v, want no findings", found)
				}
				return
			}
			if len(found) != 1 || !strings.Contains(found[0].Span.String()+": "+found[0].Message, test.want) {
				t.Errorf("got %v, want one finding with %q", found, test.want)
			}
		})
	}
}

// unreadable is a folder whose files cannot be read.
type unreadable struct{}

func (unreadable) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("input/output error")}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		project fs.FS
		entries int
		want    []string
	}{
		"no lock":           {fstest.MapFS{}, 0, nil},
		"a lock":            {fstest.MapFS{lock.File: {Data: []byte(written)}}, 2, nil},
		"an unreadable one": {unreadable{}, 0, []string{"stemma.lock cannot be read: open stemma.lock: input/output error"}},
	}
	for name, test := range tests {
		var found diagnostic.List
		read := lock.Load(test.project, &found)
		var got []string
		for _, finding := range found {
			got = append(got, finding.Message)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || len(read.Entries) != test.entries {
			t.Errorf("%s: %d entries, want %d; findings (-want +got):\n%s", name, len(read.Entries), test.entries, diff)
		}
	}
}
