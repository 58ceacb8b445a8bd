package generate_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

// TestRenovateFindsBasesAndDigests matches the preset's expressions, which Go reads as Renovate's RE2 does, against lines that people
// and stemma write.
func TestRenovateFindsBasesAndDigests(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(top + "/default.json")
	if err != nil {
		t.Fatal(err)
	}
	var preset struct {
		CustomManagers []struct{ MatchStrings []string }
	}
	if err := json.Unmarshal(source, &preset); err != nil || len(preset.CustomManagers) != 2 {
		t.Fatal(err)
	}
	const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	locked := lock.Lock{Entries: []lock.Entry{{Name: "docker.io/library/debian:trixie-slim", Sighting: lock.Sighting{Digest: digest, FirstSeen: "2026-11-20T00:00:00Z"}}}}
	tests := map[string][]struct {
		text string
		want []string
	}{
		preset.CustomManagers[0].MatchStrings[0]: {
			{"  base: docker.io/library/debian:trixie-slim\n", []string{"docker.io/library/debian", "trixie-slim", ""}},
			{"  a: {base: \"registry.example.org:5000/x/y:1.2\"}", []string{"registry.example.org:5000/x/y", "1.2", ""}},
			{"  base: quay.io/x/y:1@" + digest, []string{"quay.io/x/y", "1", digest}},
			{"  base: rust\n", nil},
			{"  base: {project: a/b, image: c}\n", nil},
		},
		preset.CustomManagers[1].MatchStrings[0]: {
			{string(locked.Print()), []string{"docker.io/library/debian", "trixie-slim", digest}},
		},
	}
	for pattern, cases := range tests {
		expression, err := regexp.Compile(strings.ReplaceAll(pattern, "(?<", "(?P<"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			var got []string
			if match := expression.FindStringSubmatch(c.text); match != nil {
				got = match[1:]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: %s", c.text, diff)
			}
		}
	}
}
