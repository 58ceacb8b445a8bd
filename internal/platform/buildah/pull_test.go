package buildah

import (
	"bytes"
	"strings"
	"testing"
)

func TestPullAgainWhenTheRegistryFails(t *testing.T) {
	const (
		broken  = "Error: reading manifest sha256:1 in r/a: received unexpected HTTP status: 500 Internal Server Error\n"
		missing = "Error: reading manifest sha256:1 in r/a: manifest unknown\n"
	)
	for _, test := range []struct {
		name, failures string
		tries          int
		ok             bool
	}{
		{"no failure", "", 1, true},
		{"one failure", broken, 2, true},
		{"a registry that stays broken", strings.Repeat(broken, 9), 3, false},
		{"an image that does not exist", missing, 1, false},
		{"an image that does not exist after a failure", broken + missing, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeBuildah(t)
			var log bytes.Buffer
			f.config.Log = &log
			f.write("fail-from", test.failures)
			_, err := f.pull(t.Context(), "r/a@sha256:1", "from", "docker://r/a@sha256:1")
			if got := strings.Count(f.read("arguments"), "from\n"); got != test.tries {
				t.Errorf("tries: got %d, want %d", got, test.tries)
			}
			if (err == nil) != test.ok {
				t.Errorf("error: got %v, want none: %t", err, test.ok)
			}
			if got := strings.Count(log.String(), "Warning: the registry failed; pulling r/a@sha256:1 again, "); got != test.tries-1 {
				t.Errorf("warnings: got %d, want %d, in:\n%s", got, test.tries-1, log.String())
			}
		})
	}
}
