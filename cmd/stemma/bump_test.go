package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// bumpScene is a clone of a bare repository, with a GitLab beside it.
type bumpScene struct {
	*lockScene
	remote  string
	environ []string
	gitlab  *gitlabtest.Server
}

const bumpDefinition = `version: 1
project: team/app
pins:
  - {image: tools, file: ci/versions.yml, key: variables.TOOLS_TAG}
  - {image: REGISTRY/lib/debian, file: ci/run.sh, pattern: 'DEBIAN=(\S+)'}
images:
  tools: {distribution: debian, base: "REGISTRY/lib/debian:13.1", tag: "2026-11-19.0"} # the tools
  other: {distribution: debian, base: "REGISTRY/lib/debian:13.1"}
`

func newBumpScene(t *testing.T) *bumpScene {
	t.Helper()
	s := &bumpScene{lockScene: newLockScene(t, bumpDefinition), remote: filepath.Join(t.TempDir(), "remote.git"), gitlab: gitlabtest.New(t)}
	home := t.TempDir()
	s.environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org", "CI_API_V4_URL=" + s.gitlab.API(), "CI_PROJECT_PATH=team/app",
		"SOURCE_DATE_EPOCH=1800000000",
	}
	s.push("lib/debian:13.1")
	if err := os.MkdirAll(filepath.Join(s.dir, "ci"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.write("ci/versions.yml", "variables:\r\n  TOOLS_TAG:  '2026-11-19.0'   # keep\r\n")
	s.write("ci/run.sh", "DEBIAN=13.1\n")
	s.write(".gitlab-ci.yml", "use: {image: \"$CI_REGISTRY_IMAGE/tools:2026-11-19.0\", script: ['echo 2026-11-19.0']}\n")
	s.git("init", "-q", "-b", "main")
	s.git("init", "-q", "--bare", "-b", "main", s.remote)
	s.git("remote", "add", "origin", s.remote)
	s.git("add", "-A")
	if log, code := s.stemma("compile"); code != 0 {
		t.Fatal(log)
	}
	s.git("add", "-A")
	s.git("commit", "-q", "-m", "first")
	s.git("push", "-q", "-u", "origin", "main")
	return s
}

func (s *bumpScene) git(args ...string) string {
	s.Helper()
	command := exec.CommandContext(s.Context(), "git", args...)
	command.Dir, command.Env = s.dir, s.environ
	out, err := command.CombinedOutput()
	if err != nil {
		s.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *bumpScene) stemma(args ...string) (log string, code int) {
	var out bytes.Buffer
	code = run(append([]string{"-C", s.dir}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &out}, s.environ)
	return out.String(), code
}

// untouched fails where the user's checkout is not as it was.
func (s *bumpScene) untouched() {
	s.Helper()
	if status, branch := s.git("status", "--porcelain"), s.git("branch", "--format=%(refname:short)"); status != "" || branch != "main\n" {
		s.Errorf("the checkout is left with %q on %q", status, branch)
	}
	if worktrees := s.git("worktree", "list"); strings.Count(worktrees, "\n") != 1 {
		s.Errorf("checkouts are left: %s", worktrees)
	}
}

func TestBumpChangesATagEverywhereAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	log, code := s.stemma("bump", "tools", "--dry-run")
	if code != 0 {
		t.Fatal(log)
	}
	s.untouched()
	for _, want := range []string{
		`+  tools: {distribution: debian, base: "` + s.registry.Host + `/lib/debian:13.1", tag: "2027-01-15.0"} # the tools`,
		"+  TOOLS_TAG:  '2027-01-15.0'   # keep\r", `image: "$CI_REGISTRY_IMAGE/tools:2027-01-15.0", script: ['echo 2026-11-19.0']`,
		`+    FDO_DISTRIBUTION_TAG: "2027-01-15.0"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing in\n%s", want, log)
		}
	}
	log, code = s.stemma("bump", "tools=7", "--yes", "--branch-name", "mine")
	if code != 0 || !strings.Contains(log, "Pushed mine.") {
		t.Fatal(log)
	}
	s.untouched()
	s.git("fetch", "-q")
	if subject := s.git("log", "-1", "--format=%s", "origin/mine"); subject != "Bump tools: 2026-11-19.0 → 7\n" {
		t.Error(subject)
	}
	if checked := s.git("show", "origin/mine:ci/versions.yml"); checked != "variables:\r\n  TOOLS_TAG:  '7'   # keep\r\n" {
		t.Errorf("%q", checked)
	}
}

func TestBumpOfSeveralBranchesIsMadeWholeBeforeItIsPushed(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.git("push", "-q", "origin", "main:1.x", "main:2.x")
	log, code := s.stemma("bump", "tools=9", "--yes", "--branch", "1.x,2.x", "--branch-name", "tools")
	if code != 0 || !strings.Contains(log, "Pushed tools-1.x.\nPushed tools-2.x.") {
		t.Errorf("%d %s", code, log)
	}
	s.untouched()
	if log, code := s.stemma("bump", "tools=10", "--yes", "--branch", "1.x,gone", "--branch-name", "more"); code != 1 {
		t.Errorf("%d %s", code, log)
	}
	if heads := s.git("ls-remote", "origin", "refs/heads/more*"); heads != "" {
		t.Errorf("a part is pushed: %s", heads)
	}
	s.untouched()
}

func TestBumpTriesAVersionInPinsAlone(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.write("stemma.yaml", strings.ReplaceAll(strings.Replace(bumpDefinition, "TOOLS_TAG}", "TOOLS_TAG, test: {suffix: -test}}", 1), "REGISTRY", s.registry.Host))
	s.git("commit", "-qam", "trial")
	s.git("push", "-q")
	log, code := s.stemma("bump", "tools=8", "--test", "--dry-run")
	if code != 0 || !strings.Contains(log, "+  TOOLS_TAG:  '8-test'") || strings.Count(log, "\ndiff --git") != 0 || strings.Contains(log, "stemma.yaml") {
		t.Errorf("%d %s", code, log)
	}
	s.untouched()
}

func TestBumpWritesChangelogsOfAnImageAndItsDescendants(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.write("stemma.yaml", strings.ReplaceAll(`version: 1
images:
  base: {distribution: debian, base: "REGISTRY/lib/debian:13.1", tag: {changelog: base.log}}
  child: {base: base, tag: {changelog: child.log}}
  plain: {base: child}
`, "REGISTRY", s.registry.Host))
	s.write("base.log", "base (1.2-3) unstable; urgency=medium\n\n  * Old.\n\n -- Bob <bob@example.org>  Fri, 20 Nov 2026 00:00:00 +0000\n")
	s.write("child.log", "child (0.1) unstable; urgency=low\n\n  * Old.\n\n -- Bob <bob@example.org>  Fri, 20 Nov 2026 00:00:00 +0000\n")
	s.git("add", "-A")
	s.git("commit", "-qm", "changelogs")
	s.git("push", "-q")
	log, code := s.stemma("bump", "base", "--reason", "Security update", "--dry-run")
	for _, want := range []string{
		"+base (1.2-4) unstable; urgency=medium", "+  * Security update", "+ -- Ann <ann@example.org>  Fri, 15 Jan 2027 08:00:00 +0000",
		"+child (0.1-1) unstable; urgency=low", "+  * Rebuilt for base: Security update", `+    FDO_DISTRIBUTION_TAG: "1.2-4"`,
	} {
		if code != 0 || !strings.Contains(log, want) {
			t.Errorf("%d, %q is missing in\n%s", code, want, log)
		}
	}
	for _, args := range [][]string{{"plain", "--reason", "x"}, {"--locked", "--reason", "x"}, {"base", "--test", "--reason", "x"}} {
		if log, code := s.stemma(append([]string{"bump", "--yes"}, args...)...); code != 2 {
			t.Errorf("%v: %d %s", args, code, log)
		}
	}
	s.untouched()
}

func TestBumpChangesTheImageOfOthersOnlyWhereItExists(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	debian := s.registry.Host + "/lib/debian"
	if log, code := s.stemma("bump", debian+"=13.2", "--yes"); code != 1 || !strings.Contains(log, debian+":13.2") {
		t.Errorf("%d %s", code, log)
	}
	s.untouched()
	s.push("lib/debian:13.2")
	log, code := s.stemma("bump", debian+"=13.2", "--dry-run")
	if code != 0 || strings.Count(log, "+  tools:")+strings.Count(log, "+  other:") != 2 || !strings.Contains(log, "+DEBIAN=13.2") {
		t.Errorf("%d %s", code, log)
	}
	s.untouched()
}

func TestBumpLeavesEverythingAsItWasWhereItCannotGoOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*bumpScene)
		args    []string
		code    int
		says    string
	}{
		"nothing named":               {nil, nil, 2, "bump needs images"},
		"no such image":               {nil, []string{"tols", "--yes"}, 2, `did you mean "tools"?`},
		"a content tag":               {nil, []string{"other", "--yes"}, 2, "follows from its content"},
		"no tag":                      {nil, []string{"tools=a b", "--yes"}, 2, "is not a tag"},
		"nobody to answer":            {nil, []string{"tools"}, 2, "--yes pushes without asking"},
		"a lock that is new":          {nil, []string{"--locked", "--yes"}, 0, "Pushed"},
		"no access token":             {nil, []string{"tools", "--yes", "--merge-request"}, 2, "GITLAB_TOKEN is not set"},
		"a branch that exists":        {func(s *bumpScene) { s.git("push", "-q", "origin", "main:taken") }, []string{"tools", "--yes", "--branch-name", "taken"}, 1, "exists already on origin"},
		"a remote that takes nothing": {func(s *bumpScene) { s.git("remote", "set-url", "--push", "origin", "/nowhere") }, []string{"tools", "--yes"}, 1, "push stemma/bump-tools"},
		"a remote that moved": {func(s *bumpScene) {
			s.git("commit", "-q", "--allow-empty", "-m", "more")
			s.git("push", "-q")
			s.git("reset", "-q", "--hard", "HEAD~1")
		}, []string{"tools", "--yes"}, 1, "1 commits behind origin/main"},
		"a pin that holds another": {func(s *bumpScene) {
			s.write("ci/versions.yml", "variables: {TOOLS_TAG: v9}\n")
			s.git("commit", "-qam", "pin")
			s.git("push", "-q")
		}, []string{"tools", "--yes"}, 1, `ci/versions.yml:1 holds "v9" where "2026-11-19.0" is expected`},
		"a pin that is gone": {func(s *bumpScene) {
			s.write("ci/versions.yml", "variables: {}\n")
			s.git("commit", "-qam", "pin")
			s.git("push", "-q")
		}, []string{"tools", "--yes"}, 1, `there is no key "variables.TOOLS_TAG"`},
	}
	for name, test := range sample.Of(tests, 5) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBumpScene(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			before := s.git("branch", "--format=%(refname:short)")
			log, code := s.stemma(append([]string{"bump"}, test.args...)...)
			if code != test.code || !strings.Contains(log, test.says) {
				t.Errorf("%d, want %d and %q:\n%s", code, test.code, test.says, log)
			}
			if after := s.git("branch", "--format=%(refname:short)"); test.code != 0 && after != before || s.git("status", "--porcelain") != "" {
				t.Errorf("the checkout is left on %q", after)
			}
		})
	}
	t.Run("changes that are not committed", func(t *testing.T) {
		t.Parallel()
		s := newBumpScene(t)
		s.write("ci/run.sh", "mine\n")
		if log, code := s.stemma("bump", "tools", "--yes"); code != 1 || !strings.Contains(log, "not committed") {
			t.Errorf("%d %s", code, log)
		}
		if kept, err := os.ReadFile(filepath.Join(s.dir, "ci/run.sh")); err != nil || string(kept) != "mine\n" {
			t.Errorf("%q %v", kept, err)
		}
	})
}

// A scheduled job has one branch and one merge request, however often it runs.
func TestBumpRefreshesItsBranchAndItsMergeRequest(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.gitlab.AddProject(gitlabtest.Project{Path: "team/app", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Branches: []string{"stemma/lock"}})
	s.environ = append(s.environ, "GITLAB_TOKEN="+s.gitlab.PrivateToken("ann"))
	refresh := func(says string) string {
		t.Helper()
		log, code := s.stemma("bump", "--locked", "--yes", "--refresh", "--branch-name", "stemma/lock", "--merge-request")
		if code != 0 || !strings.Contains(log, says) {
			t.Fatalf("%d, want %q:\n%s", code, says, log)
		}
		s.untouched()
		s.git("fetch", "-q")
		return s.git("show", "origin/stemma/lock:stemma.lock")
	}
	first := refresh("Pushed stemma/lock.")
	if again := refresh("stemma/lock is up to date."); again != first {
		t.Errorf("%s is not %s", again, first)
	}
	s.push("lib/debian:13.1")
	if moved := refresh("Pushed stemma/lock."); moved == first {
		t.Errorf("nothing moved:\n%s", moved)
	}
	requests := 0
	for _, request := range s.gitlab.Requests() {
		if strings.HasPrefix(request, "POST ") && strings.Contains(request, "merge_requests") {
			requests++
		}
	}
	if requests != 1 {
		t.Errorf("%d merge requests were opened", requests)
	}
	s.git("merge", "-q", "origin/stemma/lock")
	s.git("push", "-q")
	if log, code := s.stemma("bump", "--locked", "--yes"); code != 0 || !strings.Contains(log, "Every pin is where it should be") {
		t.Errorf("%d %s", code, log)
	}
}

func TestBumpGoesOnWithGitLab(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.gitlab.AddProject(gitlabtest.Project{Path: "team/app", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Branches: []string{"mine"}})
	s.environ = append(s.environ, "GITLAB_TOKEN="+s.gitlab.PrivateToken("ann"))
	s.gitlab.AddPipeline(gitlabtest.Pipeline{Project: "team/app", Ref: "mine", Status: "failed"}, "", time.Now())
	log, code := s.stemma("bump", "tools", "--yes", "--branch-name", "mine", "--merge-request", "--trigger")
	if code != 0 || !strings.Contains(log, "/-/merge_requests/1") || len(s.gitlab.Pipelines("team/app")) != 2 {
		t.Errorf("%d %s", code, log)
	}
	if strings.Contains(log, s.environ[len(s.environ)-1][len("GITLAB_TOKEN="):]) {
		t.Error("the token is in the log")
	}
}

// A bump that was killed while git made its checkout leaves one without a commit, with which git fetches nothing.
func TestBumpAfterAKillWhileGitMadeACheckout(t *testing.T) {
	s := newBumpScene(t)
	folder, err := scratch.New("checkout")
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(); err != nil { // releases its lock, as a kill does
		t.Fatal(err)
	}
	s.git("worktree", "add", "-q", "--detach", filepath.Join(folder.Path, "0"))
	if err := os.WriteFile(filepath.Join(s.dir, ".git/worktrees/0/HEAD"), []byte(strings.Repeat("0", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if log, code := s.stemma("bump", "tools=2026-11-20.0", "--yes"); code != 0 {
		t.Error(log)
	}
}

// inGitLab gives the scene a project on GitLab and a token of a developer.
func (s *bumpScene) inGitLab(inputs ...string) {
	s.Helper()
	s.gitlab.AddProject(gitlabtest.Project{Path: "team/app", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Branches: []string{"mine"}, Inputs: inputs})
	s.environ = append(s.environ, "GITLAB_TOKEN="+s.gitlab.PrivateToken("ann"), "RELEASE_KEY=hunter2")
}

func TestBumpPassesVariablesAndInputs(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.inGitLab("level")
	log, code := s.stemma("bump", "tools", "--yes", "--branch-name", "mine", "--trigger", "--variable", "A=b, c", "--variable", "RELEASE_KEY", "--input", "level=all", "--wait")
	if code != 0 || !strings.Contains(log, "\nsuccess\n") || strings.Contains(log, "hunter2") {
		t.Errorf("%d %s", code, log)
	}
	started := s.gitlab.Pipelines("team/app")[0]
	if started.Ref != "mine" || started.Variables["A"] != "b, c" || started.Variables["RELEASE_KEY"] != "hunter2" || started.Inputs["level"] != "all" {
		t.Errorf("got %+v", started)
	}
}

func TestBumpHereStartsAPipelineAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.inGitLab()
	log, code := s.stemma("bump", "--here", "--variable", "RELEASE=candidate")
	pipelines := s.gitlab.Pipelines("team/app")
	if code != 0 || len(pipelines) != 1 || pipelines[0].Ref != "main" || pipelines[0].Variables["RELEASE"] != "candidate" || strings.Contains(log, "candidate") {
		t.Errorf("%d %+v %s", code, pipelines, log)
	}
	s.untouched()
	s.gitlab.Wait()
	running := s.gitlab.AddPipeline(gitlabtest.Pipeline{Project: "team/app", Ref: "main", Status: "running"}, "", time.Now())
	if log, code := s.stemma("bump", "--here"); code != 2 || !strings.Contains(log, "--running wait, --running cancel or --running continue") || !strings.Contains(log, fmt.Sprintf("/-/pipelines/%d, running, since ", running)) {
		t.Errorf("%d %s", code, log)
	}
	if log, code := s.stemma("bump", "--here", "--running", "cancel"); code != 0 || !strings.Contains(log, fmt.Sprintf("/-/pipelines/%d: canceled", running)) {
		t.Errorf("%d %s", code, log)
	}
	if got := len(s.gitlab.Pipelines("team/app")); got != 3 {
		t.Errorf("got %d pipelines, want the first, the cancelled and a new one", got)
	}
}

// What is running on the branch is asked about before anything is pushed.
func TestBumpLooksForRunningPipelinesBeforeItPushes(t *testing.T) {
	t.Parallel()
	s := newBumpScene(t)
	s.inGitLab()
	s.gitlab.AddPipeline(gitlabtest.Pipeline{Project: "team/app", Ref: "mine", Status: "pending"}, "", time.Now())
	bump := []string{"bump", "tools", "--yes", "--branch-name", "mine", "--trigger"}
	if log, code := s.stemma(bump...); code != 2 || !strings.Contains(log, "--running wait") {
		t.Errorf("%d %s", code, log)
	}
	if heads := s.git("ls-remote", "origin", "refs/heads/mine"); heads != "" {
		t.Errorf("the branch is pushed: %s", heads)
	}
	if log, code := s.stemma(append(bump, "--running", "continue")...); code != 0 || !strings.Contains(log, "Pushed mine.") {
		t.Errorf("%d %s", code, log)
	}
}

func TestBumpStartsNoPipeline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*bumpScene)
		args    []string
		code    int
		says    string
	}{
		"images":                        {nil, []string{"--here", "tools"}, 2, "takes no images"},
		"a dry run":                     {nil, []string{"--here", "--dry-run", "--message", "x"}, 2, "excludes --dry-run and --message"},
		"another choice":                {nil, []string{"--here", "--running", "kill"}, 2, "it may be wait, cancel, continue"},
		"no pipeline":                   {nil, []string{"tools", "--yes", "--variable", "A=s3cret"}, 2, "add --trigger, or --here"},
		"no name":                       {nil, []string{"--here", "--variable", "=s3cret"}, 2, "--variable needs NAME=VALUE"},
		"no time to wait":               {nil, []string{"--here", "--wait-limit", "-1m"}, 2, "--wait-limit is -1m0s"},
		"no branch":                     {func(s *bumpScene) { s.git("checkout", "-q", "--detach") }, []string{"--here"}, 1, "no branch is checked out"},
		"a branch of its own":           {func(s *bumpScene) { s.git("checkout", "-q", "-b", "new") }, []string{"--here"}, 1, "the branch new is not on origin; push it first"},
		"a commit that is not pushed":   {func(s *bumpScene) { s.git("commit", "-q", "--allow-empty", "-m", "more") }, []string{"--here"}, 1, "push or pull first"},
		"an input that is not declared": {nil, []string{"--here", "--input", "level=s3cret"}, 1, "no pipeline was started: GitLab answered 422"},
		"no access token":               {func(s *bumpScene) { s.environ = append(s.environ, "GITLAB_TOKEN=") }, []string{"--here"}, 2, "GITLAB_TOKEN is not set"},
	}
	for name, test := range sample.Of(tests, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBumpScene(t)
			s.inGitLab()
			if test.prepare != nil {
				test.prepare(s)
			}
			log, code := s.stemma(append([]string{"bump"}, test.args...)...)
			if code != test.code || !strings.Contains(log, test.says) || strings.Contains(log, "s3cret") {
				t.Errorf("%d, want %d and %q:\n%s", code, test.code, test.says, log)
			}
			for _, p := range s.gitlab.Pipelines("team/app") {
				if p.Status != "failed" {
					t.Errorf("got the pipeline %+v", p)
				}
			}
		})
	}
}
