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
