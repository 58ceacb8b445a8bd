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
	y := newPublishingYard(t, definition)
	y.git("config", "user.name", "Ann Other")
	y.prints(y.stemma(0, "rollback", "base"), "No release is recorded.")
	y.stemma(0, "publish")
	first := y.digest("group/project/base:latest")
	y.write("stemma.yaml", strings.Replace(definition, "true", "echo second", 1))
	y.commit()
	y.stemma(0, "build")
	y.stemma(0, "publish")
	second := y.digest("group/project/base:latest")
	y.prints(y.stemma(0, "rollback", "base"), second+"  20", "released now\n"+first+"  20")

	short := first[7:16]
	y.prints(y.stemma(0, "rollback", "base", short, "--dry-run"), "base:latest would move: "+second+" → "+first)
	if got := y.digest("group/project/base:latest"); got != second {
		t.Fatalf("a dry run moved latest to %s", got)
	}
	out := y.stemma(0, "rollback", "base", short, "--reason", "it crashes")
	y.prints(out, "base:latest: "+second+" → "+first, "until `stemma rollback --resume base`")
	if got := y.digest("group/project/base:latest"); got != first {
		t.Fatalf("latest is %s, want %s", got, first)
	}
	held := "a rollback holds it at " + first + ", by Ann Other, since 20"
	y.prints(y.stemma(0, "rollback", "base"), first, held, ": it crashes")
	y.prints(y.stemma(0, "why", y.registry.Host+"/group/project/base:latest"), held)
	y.prints(y.stemma(0, "publish"), held)
	if got := y.digest("group/project/base:latest"); got != first {
		t.Errorf("publish moved latest to %s", got)
	}

	y.prints(y.stemma(0, "rollback", "--resume", "base"), "base is released again by the next pipeline")
	y.stemma(0, "publish")
	if got := y.digest("group/project/base:latest"); got != second {
		t.Errorf("latest is %s, want %s", got, second)
	}
	if out := y.stemma(0, "why", y.registry.Host+"/group/project/base:latest"); strings.Contains(out, "holds") {
		t.Error(out)
	}
	y.prints(y.stemma(1, "rollback", "base", "ffffffff", "--reason", "x"), `"ffffffff" is no digest`)
}
