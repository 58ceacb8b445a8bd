package jobcmd

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// Places where nobody listens.
const (
	nowhere   = "127.0.0.1:1"
	nowhereTo = "http://" + nowhere
)

// jobScene is a job with a registry, a GitLab and a buildah around it, each of which may fail.
type jobScene struct {
	*testing.T
	registry *ocitest.Registry
	gitlab   *gitlabtest.Server
	vars     map[string]string
	dir      string
	log      bytes.Buffer
}

func newJobScene(t *testing.T) *jobScene {
	t.Helper()
	s := &jobScene{T: t, registry: ocitest.New(t), gitlab: gitlabtest.New(t), dir: t.TempDir()}
	s.gitlab.AddProject(gitlabtest.Project{Path: "group/project", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	s.gitlab.AddProject(gitlabtest.Project{Path: "other/app", Allowlist: []string{"group/project"}, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	s.vars = map[string]string{
		"GITLAB_CI": "true", "PATH": os.Getenv("PATH"), "HOME": s.dir, "CONTAINERS_STORAGE_CONF": filepath.Join(s.dir, "storage.conf"), "GIT_CONFIG_GLOBAL": "/dev/null",
		"CI_REGISTRY": s.registry.Host, "CI_REGISTRY_IMAGE": s.registry.Host + "/group/project", "CI_PROJECT_PATH": "group/project",
		"CI_PIPELINE_ID": "7", "CI_COMMIT_SHA": "c0ffee", "CI_COMMIT_REF_NAME": "main", "CI_REPOSITORY_URL": nowhereTo + "/group/project.git",
		"CI_API_V4_URL": s.gitlab.API(), "CI_SERVER_URL": s.gitlab.URL, "CI_JOB_TOKEN": s.gitlab.JobToken("ann", "group/project"),
		"CI_JOB_STARTED_AT":  time.Now().UTC().Add(-time.Second).Format(time.RFC3339),
		schema.VarRepoSuffix: "rust", schema.VarDistributionTag: "v1", schema.VarDistributionName: "alpine", schema.VarBaseImage: s.registry.Host + "/lib/base:1",
		schema.VarDependents: "other/app@main",
	}
	s.push("lib/base:1")
	return s
}

// push puts an image that this pipeline built under a reference below the registry.
func (s *jobScene) push(reference string) {
	s.Helper()
	image, err := random.Image(64, 1)
	s.must(err)
	image, err = mutate.Config(image, v1.Config{Labels: map[string]string{schema.LabelPipelineID: "7", schema.LabelProject: "group/project"}})
	s.must(err)
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	s.must(err)
	s.must(remote.Write(ref, image))
}

func (s *jobScene) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// buildah makes the buildah that jobs find a shell script. What the script leaves to the end of it succeeds.
func (s *jobScene) buildah(script string) {
	s.Helper()
	file := filepath.Join(s.dir, "buildah.sh")
	s.must(os.WriteFile(file, []byte(script+"\n"+`case "$1" in from) echo container ;; esac`), 0o600))
	s.vars["FAKE_BUILDAH"] = file
}

// run runs a job command with little patience, and returns its exit code and all that it printed.
func (s *jobScene) run(command string) (code int, printed string) {
	s.Helper()
	var environ []string
	for name, value := range s.vars {
		environ = append(environ, name+"="+value)
	}
	steps := jobSteps()
	i := slices.IndexFunc(steps, func(step jobStep) bool { return step.name == command })
	w, err := newWorkplace(cli.Streams{Out: &s.log, Err: &s.log}, environ)
	if err == nil {
		s.hurry(w)
		err = w.work(s.Context(), steps[i])
	}
	code = cli.ExitCode(err, &s.log)
	return code, s.log.String()
}

// hurry lets no time pass.
func (s *jobScene) hurry(w *workplace) {
	s.Helper()
	config := jobenv.Registries(w.getenv)
	config.Backoff = time.Millisecond
	var err error
	w.registry, err = oci.NewClient(config)
	s.must(err)
	w.dir = output.Folder(s.dir)
	w.wait = func(context.Context, time.Duration) error { return nil }
	w.gitlab = func(token gitlab.Token) (*gitlab.Client, error) {
		transport, err := gitlab.NewTransport("", "answer=1s")
		s.must(err)
		return gitlab.NewClient(gitlab.Config{API: s.vars["CI_API_V4_URL"], Token: token, Transport: transport, Patience: 20 * time.Millisecond, Backoff: time.Millisecond})
	}
}

// set sets variables: names and values in turn.
func set(variables ...string) func(*jobScene) {
	return func(s *jobScene) {
		for pair := range slices.Chunk(variables, 2) {
			s.vars[pair[0]] = strings.ReplaceAll(pair[1], "REGISTRY", s.registry.Host)
		}
	}
}

// failing lets the registry answer with a status.
func failing(path string, status int) func(*jobScene) {
	return func(s *jobScene) { s.registry.Break(ocitest.Fault{Path: path, Status: status}) }
}

// gitlabFails lets GitLab answer with a status.
func gitlabFails(method string, after, status int) func(*jobScene) {
	return func(s *jobScene) { s.gitlab.Break(gitlabtest.Fault{Method: method, After: after, Status: status}) }
}

// says lets buildah, where a shell's pattern matches its arguments, print a line and end with a code.
func says(pattern, line, code string) func(*jobScene) {
	return func(s *jobScene) {
		s.buildah(`case "$*" in ` + pattern + `) echo '` + line + `' >&2; exit ` + code + ` ;; esac`)
	}
}

// containerfile puts a Containerfile into the project.
func containerfile(content string) func(*jobScene) {
	return func(s *jobScene) {
		s.vars[schema.VarContainerfile], s.vars[schema.VarContext] = filepath.Join(s.dir, "Containerfile"), s.dir
		s.must(os.WriteFile(s.vars[schema.VarContainerfile], []byte(content), 0o600))
	}
}

func pushed(reference string) func(*jobScene) {
	return func(s *jobScene) { s.push(reference) }
}

// gitAnswers lets the project's repository answer git with a status.
func gitAnswers(status int) func(*jobScene) {
	return func(s *jobScene) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		s.Cleanup(server.Close)
		s.vars["CI_REPOSITORY_URL"] = server.URL + "/group/project.git"
	}
}

// withBuildah finds a script for buildah: the one that FAKE_BUILDAH names.
func withBuildah(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	script := "#!/bin/sh\n. \"$FAKE_BUILDAH\"\n"
	if err := os.WriteFile(filepath.Join(folder, "buildah"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

const (
	dialling    = "Error: initializing source docker://r/x: pinging container registry r: Get \"https://r/v2/\": dial tcp 192.0.2.1:443: connect: connection refused"
	unreachable = "WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.22/main: network error (check Internet connection and firewall)"
	noPackage   = "ERROR: unable to select packages: culr (no such package)"
	updates     = `[{"image": "rust", "places": [{"reference": "rust:v1"}]}]`
	command     = `[{"image": "rust", "places": [{"reference": "rust:v1"}], "command": "true"}]`
	inside      = `[{"image": "rust", "places": [{"reference": "rust:v1"}], "distribution": "alpine"}]`
	missing     = `[{"image": "rust", "places": [{"reference": "gone:v1"}]}]`
	mirrored    = `[{"from": "REGISTRY/lib/base:1", "repository": "base", "tag": "1"}]`
	gone        = `{"from": "REGISTRY/lib/gone:1", "repository": "gone", "tag": "1"}`
	distant     = `{"from": "127.0.0.1:1/lib/base:1", "repository": "far", "tag": "1"}`
	toHub       = `[{"repository": "REGISTRY/hub/rust", "tags": ["latest"]}]`
)

// Each failure has one exit code: 1 where it repeats, 2 where a variable is wrong, and 3 where it may pass when GitLab repeats the job.
func TestExitCodes(t *testing.T) {
	withBuildah(t)
	type when = []func(*jobScene)
	tests := map[string]map[string]struct {
		when when
		code int
		says string
	}{
		"build": {
			"wrong variables":                {when{set(schema.VarDistributionTag, "a b")}, 2, "a tag has letters"},
			"no registry":                    {when{set("CI_REGISTRY_IMAGE", nowhere+"/group/project")}, 3, "connection refused"},
			"a registry that fails":          {when{failing("/manifests/v1", 503)}, 3, "answered 503"},
			"a registry that is busy":        {when{failing("/manifests/v1", 429)}, 3, "too many requests"},
			"a registry that refuses":        {when{failing("/manifests/v1", 403)}, 1, "does not allow it"},
			"half an answer":                 {when{func(s *jobScene) { s.registry.Break(ocitest.Fault{Path: "lib/base/manifests", How: networktest.Cut}) }}, 3, "lib/base"},
			"a base that does not exist":     {when{set(schema.VarBaseImage, "REGISTRY/lib/gone:1")}, 1, "has no such image"},
			"a base that cannot be pulled":   {when{says("from*", dialling, "125")}, 3, "pull "},
			"a base that is refused":         {when{says("from*", "Error: initializing source docker://r/x: unauthorized", "125")}, 1, "pull "},
			"no mirror for the base":         {when{set(schema.VarDistributionPackages, "curl"), says(`*apk\ upgrade*`, unreachable, "1")}, 3, "bring the base up to date"},
			"no mirror for packages":         {when{set(schema.VarDistributionPackages, "curl"), says(`*apk\ add*`, unreachable, "1")}, 3, "install packages: buildah run"},
			"a package that does not exist":  {when{set(schema.VarDistributionPackages, "culr"), says(`*apk\ add*`, noPackage, "1")}, 1, "install packages"},
			"an exec that fails":             {when{set(schema.VarDistributionExec, "exit 3"), withClone, says("run*", "+ exit 3", "3")}, 1, "the exec snippet failed with exit code 3"},
			"an exec that cannot load":       {when{set(schema.VarDistributionExec, "wget x"), withClone, says("run*", "Connection refused", "125")}, 1, "the exec snippet failed with exit code 125"},
			"a user that cannot be made":     {when{set(schema.VarUser, "me"), says("run*", "useradd: fail", "1")}, 1, "create the user me"},
			"no Containerfile":               {when{set(schema.VarContainerfile, "gone")}, 1, "read the Containerfile"},
			"a step of a Containerfile":      {when{containerfile("FROM scratch\nRUN false\n"), says("build*", "Error: building at STEP \"RUN false\": exit status 1", "1")}, 1, "exit status 1"},
			"a step that cannot load":        {when{containerfile("FROM scratch\nRUN wget x\n"), says("build*", "Error: building at STEP \"RUN dial tcp\": exit status 125", "125")}, 1, "exit status 125"},
			"a FROM that cannot be pulled":   {when{containerfile("FROM r/x\n"), says("build*", dialling, "125")}, 3, "exit status 125"},
			"a FROM that does not exist":     {when{containerfile("FROM r/x\n"), says("build*", "Error: reading manifest 1 in r/x: manifest unknown", "125")}, 1, "exit status 125"},
			"a GitLab that git cannot reach": {when{set(schema.VarDistributionExec, "true")}, 3, "git fetch"},
			"a GitLab that fails git":        {when{set(schema.VarDistributionExec, "true"), gitAnswers(502)}, 3, "git fetch"},
			"a project that git cannot find": {when{set(schema.VarDistributionExec, "true"), gitAnswers(404)}, 1, "git fetch"},
			"a copy that fails":              {when{set(schema.VarUpstreamRepo, "up/stream"), pushed("up/stream/rust:v1"), failing("group/project/rust/manifests/sha256", 500)}, 3, "answered 500"},
			"a copy that is refused":         {when{set(schema.VarUpstreamRepo, "up/stream"), pushed("up/stream/rust:v1"), failing("group/project/rust/manifests/sha256", 403)}, 1, "does not allow it"},
			"a platform without a job":       {when{set(schema.VarPlatforms, "linux/amd64,linux/arm64")}, 1, "the job of that platform has no result"},
		},
		"verify": {
			"wrong variables":            {when{set(schema.VarTests, "{")}, 2, "is not the JSON"},
			"no image":                   {nil, 1, "has no such image"},
			"a test that fails":          {when{pushed("group/project/rust:v1"), set(schema.VarTest, "exit 3"), says("run*", "Connection refused", "3")}, 1, "it ended with status 3"},
			"an image that is too large": {when{pushed("group/project/rust:v1"), set(schema.VarChecks, `{"maxSize": 1}`)}, 1, "and may have 1"},
			"no container":               {when{pushed("group/project/rust:v1"), set(schema.VarTest, "true"), says("from*", dialling, "125")}, 3, `run the test "STEMMA_TEST": pull `},
			"a registry that fails":      {when{failing("/manifests/v1", 500)}, 3, "answered 500"},
			"no registry":                {when{set("CI_REGISTRY_IMAGE", nowhere+"/group/project")}, 3, "connection refused"},
		},
		"release": {
			"wrong variables":         {when{set(schema.VarRelease, `[{"repository": "A B", "tags": ["x"]}]`)}, 2, "A B"},
			"no image":                {when{set(schema.VarRelease, toHub)}, 1, "has no such image"},
			"a registry that fails":   {when{pushed("group/project/rust:v1"), set(schema.VarRelease, toHub), failing("hub/rust", 502)}, 3, "answered 502"},
			"a registry that refuses": {when{pushed("group/project/rust:v1"), set(schema.VarRelease, toHub), failing("hub/rust", 403)}, 1, "does not allow it"},
			"no registry":             {when{pushed("group/project/rust:v1"), set(schema.VarRelease, strings.ReplaceAll(toHub, "REGISTRY", nowhere))}, 3, "connection refused"},
		},
		"poke": {
			"wrong variables":           {when{set(schema.VarDependents, "other/app")}, 2, "write group/project@main"},
			"a dependent that refuses":  {when{pushed("group/project/rust:v1"), set(schema.VarDependents, "other/gone@main")}, 1, "there is no such project"},
			"no image":                  {nil, 1, "it was deleted, or its build job did not run"},
			"a registry that fails":     {when{failing("/manifests/v1", 503)}, 3, "answered 503"},
			"no GitLab":                 {when{pushed("group/project/rust:v1"), set("CI_API_V4_URL", nowhereTo+"/api/v4")}, 3, "GitLab did not answer"},
			"a GitLab that is busy":     {when{pushed("group/project/rust:v1"), gitlabFails(http.MethodPost, 0, 429)}, 3, "GitLab answered 429"},
			"a GitLab that fails":       {when{pushed("group/project/rust:v1"), gitlabFails(http.MethodPost, 0, 500)}, 3, "GitLab answered 500"},
			"a GitLab that fails later": {when{pushed("group/project/rust:v1"), set(schema.VarDependents, "other/app@main\nother/app@main A=b"), gitlabFails(http.MethodPost, 1, 429)}, 1, "run this job again"},
			"an answer that is lost":    {when{pushed("group/project/rust:v1"), gitlabFails("", 0, 500)}, 1, "run this job again if there is none"},
			"a pipeline that is lost":   {when{pushed("group/project/rust:v1"), set(schema.VarDependents, "other/app@main wait=true"), gitlabFails(http.MethodGet, 0, 500)}, 1, "GitLab answered 500"},
		},
		"mirror": {
			"wrong variables":               {when{set(schema.VarMirrors, "{")}, 2, "is not the JSON"},
			"an image that does not exist":  {when{set(schema.VarMirrors, "["+gone+"]")}, 1, "has no such image"},
			"no registry":                   {when{set(schema.VarMirrors, "["+distant+"]")}, 3, "connection refused"},
			"one that is gone, and one far": {when{set(schema.VarMirrors, "["+gone+","+distant+"]")}, 3, "has no such image"},
			"a registry that fails":         {when{set(schema.VarMirrors, mirrored), failing("group/project/base/manifests", 500)}, 3, "answered 500"},
		},
		"prune": {
			"wrong variables":         {nil, 2, "STEMMA_PRUNE is not set"},
			"a registry that fails":   {when{set(schema.VarPrune, "rust"), failing("/tags/list", 503)}, 3, "nothing is deleted"},
			"a registry that refuses": {when{set(schema.VarPrune, "rust"), failing("/tags/list", 403)}, 1, "nothing is deleted"},
		},
		"update-check": {
			"wrong variables":              {nil, 2, "STEMMA_UPDATES is not set"},
			"a registry that fails":        {when{set(schema.VarUpdates, updates), failing("/manifests/v1", 503)}, 3, "not every image could be looked at: rust"},
			"a registry that refuses":      {when{set(schema.VarUpdates, updates), failing("/manifests/v1", 403)}, 1, "not every image could be looked at: rust"},
			"a command that fails":         {when{pushed("group/project/rust:v1"), set(schema.VarUpdates, command), says("run*", "no", "3")}, 1, "its command ended with status 3"},
			"no mirror":                    {when{pushed("group/project/rust:v1"), set(schema.VarUpdates, inside), says("run*", unreachable, "1")}, 3, "the package manager of Alpine Linux ended with status 1"},
			"a package manager that fails": {when{pushed("group/project/rust:v1"), set(schema.VarUpdates, inside), says("run*", "segmentation fault", "1")}, 1, "the package manager of Alpine Linux ended with status 1"},
			"no container":                 {when{pushed("group/project/rust:v1"), set(schema.VarUpdates, command), says("from*", dialling, "125")}, 3, "not every image could be looked at: rust"},
			"a GitLab that fails":          {when{set(schema.VarUpdates, missing), gitlabFails(http.MethodPost, 0, 502)}, 3, "ask for the rebuild of rust"},
			"a GitLab that refuses":        {when{set(schema.VarUpdates, missing), gitlabFails(http.MethodPost, 0, 404)}, 1, "ask for the rebuild of rust"},
		},
		"check-rebuild": {
			"no names":        {when{set(schema.VarRebuild, "rust")}, 2, "STEMMA_IMAGES is not set"},
			"an unknown name": {when{set(schema.VarRebuild, "rsut", schema.VarImages, "rust")}, 1, `"rsut"; did you mean "rust"?`},
			"a known name":    {when{set(schema.VarRebuild, "rust", schema.VarImages, "rust")}, 0, ""},
		},
	}
	var commands []string
	for _, step := range jobSteps() {
		commands = append(commands, step.name)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(commands)), slices.Sorted(maps.Keys(tests))); diff != "" {
		t.Errorf("the commands (-) and those that are tested (+) differ:\n%s", diff)
	}
	for command, failures := range tests {
		for name, test := range sample.Of(failures, 4) {
			t.Run(command+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := newJobScene(t)
				s.buildah("")
				for _, change := range test.when {
					change(s)
				}
				code, printed := s.run(command)
				if code != test.code || !strings.Contains(printed, test.says) {
					t.Errorf("the exit code is %d, want %d and %q:\n%s", code, test.code, test.says, printed)
				}
				lines := jobtest.Shown(printed)
				if last := lines[len(lines)-1]; !strings.HasPrefix(last, ": ") {
					t.Errorf("the end of the log is in a section: %q", last)
				}
			})
		}
	}
}

// withClone lets git find the project's commit.
func withClone(s *jobScene) {
	s.vars["CI_REPOSITORY_URL"], s.vars["CI_COMMIT_SHA"] = "file://"+repository(s.T), "main"
}

// repository is a git repository with one commit.
func repository(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch", "main"},
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "--message", "one"},
	} {
		command := exec.Command("git", args...)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return folder
}

// A job asks for a builder twice: to remove what dead jobs left, and for its own work.
func TestABuilderThatCannotStartLeavesNoFolder(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("PATH", t.TempDir())
	w, err := newWorkplace(cli.Streams{Out: io.Discard, Err: io.Discard}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := w.builder(t.Context()); err == nil || !strings.Contains(err.Error(), "buildah is not installed") {
			t.Errorf("got %v, want that buildah is not installed", err)
		}
	}
	w.close()
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("got the folders %v and %v, want none", left, err)
	}
}
