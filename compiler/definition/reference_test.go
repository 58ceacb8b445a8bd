package definition_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
)

func TestNamesOutside(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"rust": false, "base/rust": false, "base.rust": false, "rust:1": true, "docker.io/library/rust": true, "localhost/rust": true,
		"registry:5000/rust": true, "rust@sha256:" + strings.Repeat("a", 64): true, "base/rust:1": true, "registry.example.org/rust": true,
	} {
		if got := definition.NamesOutside(text); got != want {
			t.Errorf("%s names an outside image: %v", text, got)
		}
	}
}

func TestParseReference(t *testing.T) {
	t.Parallel()
	digest := "@sha256:" + strings.Repeat("0", 64)
	for _, text := range []string{"debian", "debian:trixie", "docker.io/library/debian:trixie-slim" + digest, "127.0.0.1:5000/a/b", "a.b/c__d/e-f:1.2_x", "localhost/x" + digest} {
		reference, err := definition.ParseReference(text)
		if err != nil || reference.String() != text {
			t.Errorf("%s: %v, %v", text, reference, err)
		}
	}
	for _, text := range []string{"", "Debian", "a/B", "a:", "a@sha256:1", "a b", "-a", "a/-b", "a:" + strings.Repeat("x", 129), "a@md5:00", "$A", "a//b", "http://a/b", strings.Repeat("a", 600)} {
		if reference, err := definition.ParseReference(text); err == nil {
			t.Errorf("%q is taken for the reference %v", text, reference)
		}
	}
}

func TestParseTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"v1": true, "2026-11-20.0": true, "_": true, "": false, ".a": false, "-a": false, "a/b": false, "a:b": false, "ä": false, strings.Repeat("a", 128): true, strings.Repeat("a", 129): false} {
		if _, err := definition.ParseTag(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("docker.io/library/debian:trixie")
	f.Add("a@sha256:0")
	f.Fuzz(func(t *testing.T, text string) {
		reference, err := definition.ParseReference(text)
		if err == nil && (reference.String() != text || strings.ContainsAny(text, " $\n'\"")) {
			t.Errorf("%q became %v", text, reference)
		}
	})
}
