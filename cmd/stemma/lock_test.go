package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// lockScene is a project whose images are built from images of a registry of the test, on a day that the test chooses.
type lockScene struct {
	*testing.T
	registry *ocitest.Registry
	dir      string
	day      int
	environ  []string
}

func newLockScene(t *testing.T, definition string) *lockScene {
	t.Helper()
	s := &lockScene{T: t, registry: ocitest.New(t), dir: t.TempDir(), day: 1}
	s.write("stemma.yaml", strings.ReplaceAll(definition, "REGISTRY", s.registry.Host))
	return s
}

func (s *lockScene) write(file, content string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *lockScene) locked() string {
	content, err := os.ReadFile(filepath.Join(s.dir, "stemma.lock"))
	if err != nil {
		return ""
	}
	return string(content)
}

// push pushes another image under a reference, and returns the beginning of its digest.
func (s *lockScene) push(reference string) string {
	s.Helper()
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	if err != nil {
		s.Fatal(err)
	}
	index, err := random.Index(10, 1, 2)
	if err != nil {
		s.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		s.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		s.Fatal(err)
	}
	return digest.String()
}

// run runs a command on the scene's day.
func (s *lockScene) run(code int, args ...string) string {
	s.Helper()
	var out bytes.Buffer
	environ := append([]string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", 1_800_000_000+s.day*86_400), "CI_REGISTRY=" + s.registry.Host}, s.environ...)
	if got := run(append([]string{"-C", s.dir}, args...), cli.Streams{Out: &out, Err: &out}, environ); got != code {
		s.Fatalf("stemma %v ended with %d:\n%s", args, got, out.String())
	}
	return out.String()
}

const twoParents = `version: 1
lock: {minimumAge: 3d}
images:
  app: {distribution: debian, base: "REGISTRY/lib/debian:13"}
  more: {distribution: debian, base: "REGISTRY/lib/debian:13"}
  site: {distribution: debian, base: {project: Group/Tools, image: site, pin: true}}
  floats: {distribution: debian, base: {project: group/tools, image: floats}}
`

// The registry asks for the credentials that `podman login` wrote.
func TestCommandsUseTheUsersLogins(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, "version: 1\nimages: {app: {distribution: debian, base: \"REGISTRY/lib/debian:13\"}}\n")
	s.push("lib/debian:13")
	s.registry.Protect(ocitest.Guard{Username: "ann", Password: "pass"})
	s.run(1, "lock")
	login := base64.StdEncoding.EncodeToString([]byte("ann:pass"))
	s.write("auth.json", fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, s.registry.Host, login))
	s.environ = []string{"REGISTRY_AUTH_FILE=" + filepath.Join(s.dir, "auth.json")}
	s.run(0, "lock")
	s.run(0, "compile")
	s.run(0, "check", "--online")
	s.run(0, "runtime", "mirror", s.registry.Host+"/mirror", "--from", s.registry.Host+"/lib/debian:13")
	s.run(0, "why", s.registry.Host+"/lib/debian:13")
}

func TestLockPinsEachParentWithOneRequest(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, twoParents)
	debian, site := s.push("lib/debian:13"), s.push("group/tools/site:latest")
	s.registry.Requests() // forgets those of the pushes
	out := s.run(0, "lock")
	if asked := s.registry.Requests(); len(asked) != 2 {
		t.Errorf("%d requests for two parents: %v", len(asked), asked)
	}
	if !strings.Contains(s.locked(), debian) || !strings.Contains(s.locked(), site) || strings.Contains(s.locked(), "floats") || !strings.Contains(out, "pinned to") {
		t.Errorf("%s\n%s", out, s.locked())
	}
	if out := s.run(0, "lock", "--format", "json"); !strings.Contains(out, `"digest": "`+debian) || strings.Contains(out, "newest") {
		t.Error(out)
	}
	if first := s.locked(); s.run(0, "lock") != "ok: no pin changed\n" || s.locked() != first {
		t.Errorf("a second run changed something:\n%s", s.locked())
	}
}

func TestLockMovesWhenAskedAndOldEnough(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, twoParents)
	first, _ := s.push("lib/debian:13"), s.push("group/tools/site:latest")
	s.run(0, "lock")
	s.write("stemma.lock", strings.Replace(s.locked(), "  \""+s.registry.Host+"/lib", "  # Trixie, for as long as it lasts.\n  \""+s.registry.Host+"/lib", 1))
	digest := func() string {
		_, rest, _ := strings.Cut(s.locked(), "lib/debian:13\":\n    digest: ")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	s.run(0, "compile")
	s.day = 2
	second := s.push("lib/debian:13")
	if out := s.run(0, "lock"); digest() != first || !strings.Contains(out, "stays at") {
		t.Errorf("moved without being asked:\n%s%s", out, s.locked())
	}
	if out := s.run(0, "check", "--online"); !strings.Contains(out, "stemma.lock:") || !strings.Contains(out, "the registry has") {
		t.Errorf("nobody is told:\n%s", out)
	}
	s.day = 4
	third := s.push("lib/debian:13")
	if s.run(0, "lock", "--update"); digest() != first {
		t.Errorf("moved to what is too young:\n%s", s.locked())
	}
	s.day = 5
	if out := s.run(0, "lock", "--update", "app"); digest() != second || !strings.Contains(out, "→") {
		t.Errorf("did not move to what is old enough:\n%s%s", out, s.locked())
	}
	if s.run(0, "lock", "--now", s.registry.Host+"/lib/debian:13"); digest() != third || !strings.Contains(s.locked(), "# Trixie, for as long as it lasts.") {
		t.Errorf("did not move at once, or lost the comment:\n%s", s.locked())
	}
	s.write("stemma.yaml", "version: 1\nimages: {}\npins: []\n")
	if out := s.run(0, "lock"); s.locked() != "" || !strings.Contains(out, "no longer pinned") {
		t.Errorf("%s%s", out, s.locked())
	}
}

func TestLockPassesOverWhatIsGone(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, "version: 1\nlock: {minimumAge: 1d}\nimages: {app: {distribution: debian, base: \"REGISTRY/lib/debian:13\"}}\n")
	first := s.push("lib/debian:13")
	s.run(0, "lock")
	s.day = 2
	second := s.push("lib/debian:13")
	s.run(0, "lock")
	s.day = 3
	s.push("lib/debian:13")
	s.registry.Break(ocitest.Fault{Path: "/manifests/" + second, Status: 404})
	if s.run(0, "lock", "--update"); !strings.Contains(s.locked(), "digest: "+first) {
		t.Errorf("moved to what cannot be pulled:\n%s", s.locked())
	}
}

func TestLockWritesNothingWhereAnImageIsMissing(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, twoParents)
	s.push("lib/debian:13")
	if out := s.run(1, "lock"); !strings.Contains(out, "Group/Tools/site:latest") || s.locked() != "" {
		t.Errorf("%s%s", out, s.locked())
	}
	if out := s.run(2, "lock", "--update", "ap"); !strings.Contains(out, `did you mean "app"?`) {
		t.Error(out)
	}
}

func TestLockOfAHundredParents(t *testing.T) {
	t.Parallel()
	var definition strings.Builder
	definition.WriteString("version: 1\nbuild: always\nimages:\n")
	for i := range 100 {
		fmt.Fprintf(&definition, "  i%d: {distribution: debian, base: \"REGISTRY/lib/base:%d\"}\n  j%d: {distribution: debian, base: \"REGISTRY/lib/base:%d\"}\n", i, i, i, i)
	}
	s := newLockScene(t, definition.String())
	for i := range 100 {
		s.push(fmt.Sprintf("lib/base:%d", i))
	}
	s.registry.Requests() // forgets those of the pushes
	s.run(0, "lock")
	if asked := len(s.registry.Requests()); asked != 100 {
		t.Errorf("%d requests", asked)
	}
}

// A source moves with the image that is named, and with no other.
func TestLockMovesTheSourcesOfAnImage(t *testing.T) {
	t.Parallel()
	s := newLockScene(t, "version: 1\nimages:\n  app: {containerfile: C, sources: [{project: acme/library, path: library}]}\n  other: {distribution: debian, base: \"REGISTRY/lib/debian:13\"}\n")
	s.write("C", "FROM scratch\n")
	s.push("lib/debian:13")
	server := t.TempDir()
	commit := func() string {
		out, err := exec.Command("git", "-C", server+"/acme/library.git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--allow-empty", "-m", "x").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		head, err := exec.Command("git", "-C", server+"/acme/library.git", "rev-parse", "HEAD").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(head))
	}
	if out, err := exec.Command("git", "init", "--quiet", server+"/acme/library.git").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lock := func(args ...string) {
		var out bytes.Buffer
		if code := run(append([]string{"-C", s.dir, "lock"}, args...), cli.Streams{Out: &out, Err: &out}, []string{"CI_SERVER_URL=file://" + server}); code != 0 {
			t.Fatalf("stemma lock %v ended with %d:\n%s", args, code, out.String())
		}
	}
	first := commit()
	lock()
	second := commit()
	if lock("--update", "other"); !strings.Contains(s.locked(), first) {
		t.Errorf("a source moved with another image:\n%s", s.locked())
	}
	if lock("--update", "app"); !strings.Contains(s.locked(), second) {
		t.Errorf("a source did not move with its image:\n%s", s.locked())
	}
	third := commit()
	if lock("--now", "app"); !strings.Contains(s.locked(), third) {
		t.Errorf("a source did not move at once:\n%s", s.locked())
	}
}
