package pin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

func TestChangesAreLines(t *testing.T) {
	t.Parallel()
	commit, module := lock.Sighting{Digest: strings.Repeat("c", 40)}, lock.Sighting{Digest: "sha256:" + strings.Repeat("d", 64)}
	tests := map[string]struct {
		change pin.Change
		want   string
	}{
		"new":           {pin.Change{Name: "a", After: seen("1", 0)}, "a: pinned to sha256:111111111111… (first seen 2026-11-21)\n"},
		"gone":          {pin.Change{Name: "a", Before: seen("1", 0)}, "a: no longer pinned, since no image is made of it\n"},
		"moved":         {pin.Change{Name: "a", Before: seen("1", 1), After: seen("2", 0)}, "a: sha256:111111111111… (first seen 2026-11-20) → sha256:222222222222… (first seen 2026-11-21)\n"},
		"stays":         {pin.Change{Name: "a", Before: seen("1", 1), After: seen("1", 1), Newest: seen("2", 0)}, "a: stays at sha256:111111111111… (first seen 2026-11-20); the registry has sha256:222222222222… (first seen 2026-11-21)\n"},
		"the same":      {pin.Change{Name: "a", Before: seen("1", 1), After: seen("1", 1)}, ""},
		"a commit":      {pin.Change{Name: "a", After: commit}, "a: pinned to the commit cccccccccccc\n"},
		"a module":      {pin.Change{Name: "a@v1.0.0", After: module}, "a@v1.0.0: pinned to sha256:dddddddddddd…\n"},
		"an old module": {pin.Change{Name: "a@v1.0.0", Before: module}, "a@v1.0.0: no longer pinned, since no module file needs it\n"},
		"control codes": {pin.Change{Name: "a\x1b[2J", After: commit}, "a·[2J: pinned to the commit cccccccccccc\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (pin.Changes{test.change}).Text(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLockNeedsANameThatIsPinned(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, "version: 1\nimages: {app: {distribution: debian, base: \"127.0.0.1:1/lib/debian:13\"}}\n")
	for _, request := range []pin.Request{{Update: true, Images: []string{"ap"}}, {Now: []string{"ap"}}} {
		_, err := pin.Lock(t.Context(), p, request)
		if err == nil || !strings.Contains(err.Error(), `did you mean "app"?`) {
			t.Errorf("%+v: got %v, want a suggestion", request, err)
		}
	}
}

func TestLockNeedsTheRegistryOfOtherProjects(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, "version: 1\nimages: {app: {distribution: debian, base: {project: other/project, image: root, pin: true}}}\n")
	_, err := pin.Lock(t.Context(), p, pin.Request{})
	if err == nil || !strings.HasPrefix(err.Error(), "CI_REGISTRY is not set: it is the registry that has other/project/root:latest") {
		t.Errorf("got %v, want an error about CI_REGISTRY", err)
	}
}

// The lock file is removed when nothing is pinned any more.
func TestLockWritesAndRemovesTheFile(t *testing.T) {
	t.Parallel()
	registry, dir := ocitest.New(t), t.TempDir()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(registry.Host + "/lib/debian:13")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, lock.File)
	for _, step := range []struct {
		images string
		want   bool
	}{{fmt.Sprintf("{app: {distribution: debian, base: %q}}", ref), true}, {"{}", false}} {
		projecttest.Write(t, dir, map[string]string{"stemma.yaml": "version: 1\nimages: " + step.images + "\n"})
		if _, err := pin.Lock(t.Context(), projecttest.Open(t, dir), pin.Request{}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); (err == nil) != step.want {
			t.Errorf("%s: got the lock file: %v, want it: %t", step.images, err, step.want)
		}
	}
}
