package lock_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

const written = `# Ours.
# Two lines.
version: 1
parents:
  # The base of all.
  "docker.io/library/debian:13":
    digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    firstSeen: 2026-11-20T00:00:00Z
    newer:
      - {digest: "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", firstSeen: "2026-11-21T00:00:00Z"}
  "group/tools/site:latest":
    digest: sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
    firstSeen: 2026-11-20T00:00:00Z
`

func TestALockIsPrintedAsItWasRead(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	read := lock.Parse([]byte(written), &found)
	if diff := cmp.Diff(written, string(read.Print())); diff != "" || len(found) > 0 {
		t.Errorf("%s%v", diff, found)
	}
	if digest, ok := read.Digest("group/tools/site:latest"); !ok || !strings.HasPrefix(digest, "sha256:cccc") {
		t.Errorf("%q %v", digest, ok)
	}
	if _, ok := read.Digest("group/tools/site"); ok {
		t.Error("a part of a name is no name")
	}
	if empty := (lock.Lock{}).Print(); empty != nil {
		t.Errorf("%s", empty)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(written)
	f.Add("version: 1\nparents: {a: {digest: sha256:0, firstSeen: x}}")
	f.Fuzz(func(t *testing.T, source string) {
		var found diagnostic.List
		read := lock.Parse([]byte(source), &found)
		if len(found) > 0 {
			return
		}
		var again diagnostic.List
		printed := read.Print()
		second := lock.Parse(printed, &again)
		if len(again) > 0 || string(second.Print()) != string(printed) {
			t.Errorf("%s\nis read as\n%s\n%v", printed, second.Print(), again)
		}
	})
}
