package main

import (
	"strings"
	"testing"
)

// TestRollback goes back from the second release to the first, which what somebody publishes does not undo.
func TestRollback(t *testing.T) {
	t.Parallel()
	const definition = `version: 1
images:
  base: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "true"}
`
	s := newPublishingSandbox(t, definition)
	s.git("config", "user.name", "Ann Other")
	s.prints(s.stemma(0, "rollback", "base"), "No release is recorded.")
	s.stemma(0, "publish")
	first := s.digest("group/project/base:latest")
	s.write("stemma.yaml", strings.Replace(definition, "true", "echo second", 1))
	s.commit()
	s.stemma(0, "build")
	s.stemma(0, "publish")
	second := s.digest("group/project/base:latest")
	s.prints(s.stemma(0, "rollback", "base"), second+"  20", "released now\n"+first+"  20")

	short := first[7:16]
	s.prints(s.stemma(0, "rollback", "base", short, "--dry-run"), "base:latest would move: "+second+" → "+first)
	if got := s.digest("group/project/base:latest"); got != second {
		t.Fatalf("a dry run moved latest to %s", got)
	}
	out := s.stemma(0, "rollback", "base", short, "--reason", "it crashes")
	s.prints(out, "base:latest: "+second+" → "+first, "until `stemma rollback --resume base`")
	if got := s.digest("group/project/base:latest"); got != first {
		t.Fatalf("latest is %s, want %s", got, first)
	}
	held := "a rollback holds it at " + first + ", by Ann Other, since 20"
	s.prints(s.stemma(0, "rollback", "base"), first, held, ": it crashes")
	s.prints(s.stemma(0, "why", s.registry.Host+"/group/project/base:latest"), held)
	s.prints(s.stemma(0, "publish"), held)
	if got := s.digest("group/project/base:latest"); got != first {
		t.Errorf("publish moved latest to %s", got)
	}

	s.prints(s.stemma(0, "rollback", "--resume", "base"), "base is released again by the next pipeline")
	s.stemma(0, "publish")
	if got := s.digest("group/project/base:latest"); got != second {
		t.Errorf("latest is %s, want %s", got, second)
	}
	if out := s.stemma(0, "why", s.registry.Host+"/group/project/base:latest"); strings.Contains(out, "holds") {
		t.Error(out)
	}
	s.prints(s.stemma(1, "rollback", "base", "ffffffff", "--reason", "x"), `"ffffffff" is no digest`)
}
