package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// sandbox is a project with a registry, on a machine with a home and a buildah of its own.
type sandbox struct {
	*testing.T
	registry  *ocitest.Registry
	dir, home string
	environ   []string
}

func newSandbox(t *testing.T, definition string) *sandbox {
	t.Helper()
	s := &sandbox{T: t, registry: ocitest.New(t), dir: t.TempDir(), home: t.TempDir()}
	storage := filepath.Join(s.home, "storage")
	s.must(os.Mkdir(storage, 0o700))
	s.environ = []string{
		"HOME=" + s.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "FAKE_BUILDAH=" + storage, "STORAGE_DRIVER=vfs", "GIT_CONFIG_GLOBAL=/dev/null",
		"CONTAINERS_STORAGE_CONF=" + filepath.Join(s.home, "storage.conf"),
	}
	s.push("lib/base:1")
	s.write("stemma.yaml", definition)
	return s
}

func (s *sandbox) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *sandbox) write(file, content string) {
	s.Helper()
	file = filepath.Join(s.dir, file)
	s.must(os.MkdirAll(filepath.Dir(file), 0o755))
	s.must(os.WriteFile(file, []byte(strings.ReplaceAll(content, "REGISTRY", s.registry.Host)), 0o644))
}

// push puts an image in the registry and returns its digest.
func (s *sandbox) push(reference string) string {
	s.Helper()
	image, err := random.Image(64, 1)
	s.must(err)
	s.must(remote.Write(s.reference(reference), image))
	digest, err := image.Digest()
	s.must(err)
	s.registry.Requests()
	return digest.String()
}

func (s *sandbox) reference(reference string) name.Reference {
	s.Helper()
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	s.must(err)
	return ref
}

// labels are those of an image of the registry; nil where it has none under the reference.
func (s *sandbox) labels(reference string) map[string]string {
	s.Helper()
	image, err := remote.Image(s.reference(reference))
	if err != nil {
		return nil
	}
	config, err := image.ConfigFile()
	s.must(err)
	return config.Config.Labels
}

// digest is what the registry has under a reference; empty where that is nothing.
func (s *sandbox) digest(reference string) string {
	descriptor, err := remote.Head(s.reference(reference))
	if err != nil {
		return ""
	}
	return descriptor.Digest.String()
}

func (s *sandbox) git(args ...string) {
	s.Helper()
	command := exec.Command("git", append([]string{"-C", s.dir, "-c", "user.name=sandbox", "-c", "user.email=sandbox@example.org"}, args...)...)
	command.Env = s.environ
	if out, err := command.CombinedOutput(); err != nil {
		s.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// commit makes the folder a checkout with everything in it committed.
func (s *sandbox) commit() {
	s.Helper()
	if _, err := os.Stat(filepath.Join(s.dir, ".git")); err != nil {
		s.git("init", "--quiet", "--initial-branch", "main")
	}
	s.git("add", "--all")
	s.git("commit", "--quiet", "--allow-empty", "--message", "images")
}

// stemma runs a command and returns what it prints.
func (s *sandbox) stemma(code int, args ...string) string {
	s.Helper()
	var out bytes.Buffer
	if got := run(append([]string{"-C", s.dir}, args...), cli.Streams{Out: &out, Err: &out}, s.environ); got != code {
		s.Fatalf("stemma %v ended with %d, want %d:\n%s", args, got, code, out.String())
	}
	return out.String()
}

// tag is the tag of an image.
func (s *sandbox) tag(image string) string {
	s.Helper()
	for line := range strings.Lines(s.stemma(0, "explain", image)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "tag" {
			return fields[1]
		}
	}
	s.Fatalf("%s has no tag", image)
	return ""
}

func (s *sandbox) prints(out string, wanted ...string) {
	s.Helper()
	for _, want := range wanted {
		if !strings.Contains(out, want) {
			s.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

// storage are the names in the machine's storage, one in each line.
func (s *sandbox) storage() string {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.home, "storage", "name-*"))
	s.must(err)
	for i, file := range files {
		files[i] = strings.ReplaceAll(strings.TrimPrefix(filepath.Base(file), "name-"), "|", "/")
	}
	return strings.Join(files, "\n")
}

const aTree = `version: 1
project: group/project
images:
  base: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "true", tests: [{name: works, run: "true"}]}
  app: {base: base}
  web: {base: app}
  beside: {distribution: alpine, base: "REGISTRY/lib/base:1"}
`

func TestBuildMakesWhatIsMissingInItsOrder(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	out := s.stemma(0, "build", "--jobs", "2", "web")
	s.prints(out, "3 built")
	if base, app, web := strings.Index(out, "base: built"), strings.Index(out, "app: built"), strings.Index(out, "web: built"); base < 0 || app < base || web < app {
		t.Errorf("the order is another one:\n%s", out)
	}
	if strings.Contains(out, "beside") {
		t.Errorf("what nobody asked for is built:\n%s", out)
	}
	s.prints(s.storage(), "localhost/base:"+s.tag("base"), "localhost/app:"+s.tag("app"), "localhost/web:"+s.tag("web"))
	s.prints(s.stemma(0, "build"), "1 built, 3 on this machine")
	s.prints(s.stemma(0, "build"), "4 on this machine")
	if wrote := s.registry.Requests(); strings.Contains(strings.Join(wrote, "\n"), "PUT") {
		t.Errorf("something was pushed: %v", wrote)
	}
}

// TestBuildLeavesWhatIsPublished builds on images that the registry has, and asks for each image once.
func TestBuildLeavesWhatIsPublished(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	published := s.push("group/project/base:" + s.tag("base"))
	s.push("group/project/beside:" + s.tag("beside"))
	out := s.stemma(0, "build", "--registry", s.registry.Host)
	s.prints(out, "2 built, 2 published")
	var lookups []string
	for _, request := range s.registry.Requests() {
		if strings.HasPrefix(request, "HEAD") && strings.Contains(request, "/group/project/") && strings.Contains(request, "/manifests/") {
			lookups = append(lookups, request)
		}
	}
	if len(lookups) != 4 {
		t.Errorf("%d lookups of 4 images: %v", len(lookups), lookups)
	}
	if s.digest("group/project/app:"+s.tag("app")) != "" {
		t.Error("a build publishes")
	}
	if published != s.digest("group/project/base:"+s.tag("base")) {
		t.Error("what was published is another image now")
	}
	s.prints(s.storage(), s.registry.Host+"/group/project/app:"+s.tag("app"))
}

func TestBuildGoesPastFailures(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, `version: 1
images:
  base: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "echo the reason; exit 3"}
  app: {base: base}
  web: {base: app}
  beside: {distribution: alpine, base: "REGISTRY/lib/base:1"}
  untrue: {distribution: alpine, base: "REGISTRY/lib/base:1", tests: [{name: fails, run: "exit 7"}]}
  on/it: {base: untrue}
`)
	out := s.stemma(1, "build", "--logs", filepath.Join(s.home, "logs"))
	s.prints(out, "1 built, 2 failed, 3 skipped", "web: skipped, since base failed", "on/it: skipped, since untrue failed", "exit code 3", "    the reason\n", `the test "fails" failed: it ended with status 7`, filepath.Join(s.home, "logs", "base.log"))
	log, err := os.ReadFile(filepath.Join(s.home, "logs", "base.log"))
	s.must(err)
	s.prints(string(log), "the reason", "stays on this machine")
	log, err = os.ReadFile(filepath.Join(s.home, "logs", "untrue.log"))
	s.must(err)
	s.prints(string(log), "run the same command again. To rebuild it, use the same flags with: stemma build --force untrue\n")
	for _, wrong := range []string{"podman run", "this job", "pipeline"} {
		if strings.Contains(string(log), wrong) {
			t.Errorf("the log of a local build says %q:\n%s", wrong, log)
		}
	}
	// The image is there, but it never passed: it is tested again, and what needs it is not built on it.
	s.prints(s.stemma(1, "build", "on/it"), "1 failed, 1 skipped")
}

// TestBuildTakesNamesAsTheyAre has an image whose name ends like another's, one in a folder, and one in a folder that is called as a log.
func TestBuildTakesNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, `version: 1
defaults: {distribution: alpine}
images:
  python: {base: "REGISTRY/lib/base:1"}
  my-python: {base: "REGISTRY/lib/base:1"}
  ci/python: {base: "REGISTRY/lib/base:1"}
  python.log/x: {base: "REGISTRY/lib/base:1"}
`)
	s.prints(s.stemma(0, "build", "python"), "python: built", "1 built in")
	s.prints(s.stemma(0, "build", "*"), "my-python: built", "1 built, 1 on this machine")
	s.prints(s.stemma(0, "build", "ci/*", "python"), "ci/python: built", "1 built, 1 on this machine")
	logs := filepath.Join(s.home, "logs")
	s.prints(s.stemma(0, "build", "--logs", logs, "--force", "python", "python.log/*"), "2 built")
}

// TestBuildTestsOutsideTheImage runs a test on this machine, in the project's files, with its user's tools.
func TestBuildTestsOutsideTheImage(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, `version: 1
images:
  base:
    distribution: alpine
    base: "REGISTRY/lib/base:1"
    tests: [{name: beside, run: 'test -n "$HOME" && grep text file && echo "$STEMMA_IMAGE_REFERENCE"', outside: true}]
`)
	s.write("file", "text\n")
	logs := filepath.Join(s.home, "logs")
	s.prints(s.stemma(0, "build", "--logs", logs), "Logs are in "+logs)
	log, err := os.ReadFile(filepath.Join(logs, "base.log"))
	s.must(err)
	s.prints(string(log), "localhost/base:"+s.tag("base"), "ok   beside")
}

func TestBuildPrintsJSON(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, strings.Replace(aTree, `beside: {distribution: alpine, base: "REGISTRY/lib/base:1"}`, `beside: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "exit 3"}`, 1))
	var records []local.Result
	s.must(json.Unmarshal([]byte(s.stemma(1, "build", "--format", "json", "base", "beside")), &records))
	states := map[string]local.State{}
	for _, r := range records {
		states[r.Image] = r.State
		if r.Log == "" || (r.State == local.HasFailed) != strings.Contains(r.Error, "exit code 3") {
			t.Errorf("%+v", r)
		}
	}
	if states["base"] != local.WasBuilt || states["beside"] != local.HasFailed {
		t.Error(states)
	}
}

// TestBuildNamesOnlyItsOwnLogs has the log of an earlier run in the folder, about an image that this run skips.
func TestBuildNamesOnlyItsOwnLogs(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, strings.Replace(aTree, `exec: "true"`, `exec: "exit 3"`, 1))
	logs := filepath.Join(s.home, "logs")
	s.must(os.MkdirAll(logs, 0o755))
	s.must(os.WriteFile(filepath.Join(logs, "app.log"), []byte("an earlier run\n"), 0o644))
	var records []local.Result
	s.must(json.Unmarshal([]byte(s.stemma(1, "build", "--logs", logs, "--format", "json", "app")), &records))
	got := map[string]string{}
	for _, r := range records {
		got[r.Image] = r.Log
	}
	if want := map[string]string{"base": filepath.Join(logs, "base.log"), "app": ""}; !maps.Equal(got, want) {
		t.Errorf("got the logs %v, want %v", got, want)
	}
}

func TestBuildByForce(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.stemma(0, "build", "app")
	s.prints(s.stemma(0, "build", "--force", "app"), "app: built", "1 built")
	s.prints(s.stemma(0, "build", "--force", "base", "app"), "2 built")
}

// TestBuildNeverTakesAFailureForAnAnswer breaks the lookup of one image: it and what is built on it are left alone.
func TestBuildNeverTakesAFailureForAnAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault ocitest.Fault
		want  string
	}{
		"no credentials":       {ocitest.Fault{Status: http.StatusUnauthorized}, "wants credentials (401)"},
		"no right":             {ocitest.Fault{Status: http.StatusForbidden}, "does not allow it (403)"},
		"a fault that is over": {ocitest.Fault{Status: http.StatusServiceUnavailable, Times: 1}, ""},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, aTree)
			for _, image := range []string{"base", "app", "web", "beside"} {
				s.push("group/project/" + image + ":" + s.tag(image))
			}
			test.fault.Path = "/group/project/app/manifests/"
			s.registry.Break(test.fault)
			if test.want == "" {
				s.prints(s.stemma(0, "build", "--registry", s.registry.Host), "4 published")
				return
			}
			out := s.stemma(1, "build", "--registry", s.registry.Host)
			s.prints(out, test.want, "3 published, 1 failed")
			if strings.Contains(s.storage(), "app") {
				t.Error("it was built")
			}
		})
	}
}

func TestBuildRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"an image that is not there":   {[]string{"build", "bas"}, 2, `there is no image "bas"; did you mean "base"?`},
		"a pattern without a match":    {[]string{"build", "x/**"}, 2, `no image matches the pattern "x/**"`},
		"no pattern":                   {[]string{"build", "[a"}, 2, `"[a" is not a pattern`},
		"no jobs":                      {[]string{"build", "--jobs", "0"}, 2, "--jobs is 0; it is at least 1"},
		"jobs that are no number":      {[]string{"build", "--jobs", "many"}, 2, "invalid argument"},
		"no registry":                  {[]string{"build", "--registry", "group/project"}, 2, `"group/project" names no registry`},
		"a registry that is no name":   {[]string{"build", "--registry", "example.org/a b"}, 2, "the registry example.org/a b"},
		"a registry that is not there": {[]string{"build", "--registry", "127.0.0.1:1/group/project", "base"}, 1, "127.0.0.1:1"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, aTree)
			s.prints(s.stemma(test.code, test.args...), test.want)
		})
	}
	t.Run("no definition", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t, aTree)
		s.must(os.Remove(filepath.Join(s.dir, "stemma.yaml")))
		s.prints(s.stemma(1, "build"), "stemma init")
	})
	t.Run("a file that git does not have", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t, "version: 1\nimages: {app: {containerfile: app/Containerfile}}\n")
		s.commit()
		s.write("app/Containerfile", "FROM docker.io/library/debian:13\n")
		s.prints(s.stemma(1, "build"), "git does not have app/Containerfile", "git add app/Containerfile")
	})
	t.Run("no home", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t, aTree)
		s.environ = nil
		s.prints(s.stemma(2, "build"), "HOME is not set")
	})
	t.Run("an image of another project", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t, "version: 1\nimages: {app: {distribution: alpine, base: {project: group/other, image: base}}}\n")
		s.prints(s.stemma(2, "build"), "app is built from group/other/base:latest", "CI_REGISTRY")
	})
}
