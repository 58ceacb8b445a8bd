//go:build e2e

package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	tutorialGroup    = "corp/"
	tutorialRegistry = "registry.gitlab.com"
	// noOne may pass pipeline variables to new projects of gitlab.com, https://docs.gitlab.com/ci/variables/#restrict-pipeline-variables.
	noOne = 99
)

var pipelineInputs = []string{schema.InputRebuild, schema.InputPokedBy, schema.InputWave, schema.InputWavePath}

// tutorialStep matches what a reader does or sees: a block of code, with a name above it if it belongs into a file, or a comment of the
// page for what happens elsewhere: "pipeline: PROJECT NAME=VALUE…" with inputs in lower case, which the reader starts on GitLab, or "package: NAME VERSION", which is new.
var tutorialStep = regexp.MustCompile("(?ms)^(?:`([^`\n]+)`(, at the end)?:\n\n)?```([a-z]+)\n(.*?)^```$|^<!-- (pipeline|package): ([^\n]*) -->$")

// TestTutorial runs every block of the pages in order, and compares the output that the pages show with the real output.
func TestTutorial(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"tutorial.md", "image-jobs.md"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			follow(t, filepath.Join("../../docs", page))
		})
	}
}

func follow(t *testing.T, file string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	steps := tutorialStep.FindAllStringSubmatch(string(page), -1)
	r := newReader(t)
	blocks := 0
	for _, step := range steps {
		if step[3] != "" {
			blocks++
		}
		switch file, language, content, elsewhere := step[1], step[3], step[4], strings.Fields(step[6]); {
		case step[5] == "pipeline":
			r.start(elsewhere[0], elsewhere[1:]...)
		case step[5] == "package":
			r.packages.Store(elsewhere[0], elsewhere[1])
		case file != "" && step[2] != "":
			r.write(file, r.read(file)+content)
		case file != "":
			r.write(file, content)
		case language == "sh":
			r.run(content)
		case language == "text":
			r.compare(content)
		default:
			t.Fatalf("it is unknown what to do with a block of %s:\n%s", language, content)
		}
	}
	r.mustHavePassed()
	if want := strings.Count(string(page), "\n```\n"); blocks != want {
		t.Errorf("the page has %d blocks, and %d are understood", want, blocks)
	}
}

// reader follows the tutorial on this machine, with repositories, a registry and an API in place of those of gitlab.com, and with
// gitlab-ci-local as the runner.
type reader struct {
	*testing.T
	// home is the reader's home, and dir the folder that the reader is in.
	home, dir string
	registry  *registry
	server    *gitlabtest.Server
	projects  map[string]*project
	// packages are the newest versions of Alpine's packages, by name.
	packages sync.Map
	// output is what the last commands printed.
	output string
	// mu lets one pipeline run at a time. log is what the last pipeline and those that it started printed, and failed says which failed.
	mu     sync.Mutex
	log    string
	failed []string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	home := t.TempDir()
	r := &reader{T: t, home: home, dir: home, registry: startRegistry(t), server: gitlabtest.New(t), projects: map[string]*project{}}
	r.pushAlpine()
	r.write(".gitconfig", fmt.Sprintf("[user]\n\tname = Ann\n\temail = ann@example.org\n[url \"file://%s/remotes/\"]\n\tinsteadOf = git@gitlab.com:\n", home))
	for _, name := range []string{"toolbox", "app"} {
		path := tutorialGroup + name
		run(t, home, "git", "init", "--quiet", "--bare", "--initial-branch", "main", "remotes/"+path+".git")
		r.projects[name] = &project{dir: filepath.Join(home, name), path: path, registry: r.registry}
		r.server.AddProject(gitlabtest.Project{Path: path, Variables: noOne, Inputs: pipelineInputs, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Maintainer}, Allowlist: []string{tutorialGroup + "toolbox"}})
	}
	r.server.OnPipeline = func(p gitlabtest.Pipeline) string {
		variables := []string{"CI_PIPELINE_SOURCE=" + p.Source}
		for _, given := range []map[string]string{p.Variables, p.Inputs} {
			for name, value := range given {
				variables = append(variables, name+"="+value)
			}
		}
		if err := r.try(filepath.Base(p.Project), variables...); err != nil {
			return "failed"
		}
		return "success"
	}
	return r
}

// read reads a file below the reader's folder, or one with its whole path.
func (r *reader) read(name string) string {
	r.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.dir, name)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		r.Fatal(err)
	}
	return string(content)
}

func (r *reader) write(name, content string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o644); err != nil {
		r.Fatal(err)
	}
}

// run runs commands in the folder where the commands before have left the reader, and the pipeline of what they push.
func (r *reader) run(commands string) {
	r.Helper()
	r.mustHavePassed()
	folder := filepath.Join(r.home, "folder")
	command := exec.Command("sh", "-e", "-c", strings.ReplaceAll(commands, tutorialRegistry, r.registry.Host)+"pwd >"+folder)
	command.Dir = r.dir
	command.Env = append(os.Environ(), "HOME="+r.home, "XDG_CACHE_HOME="+r.home, "LC_ALL=C.UTF-8")
	out, err := command.CombinedOutput()
	if err != nil {
		r.Fatalf("%v:\n%s\n%s", err, commands, out)
	}
	r.log, r.output = "", r.asOnGitLab(string(out))
	r.dir = strings.TrimSpace(r.read(folder))
	switch {
	case strings.Contains(commands, "[skip ci]"):
		r.mustBeAccepted(filepath.Base(r.dir))
	case strings.Contains(commands, "git push"):
		r.start(filepath.Base(r.dir))
	}
}

// mustBeAccepted checks that GitLab creates the pipelines of a project's branches, which need not run.
func (r *reader) mustBeAccepted(name string) {
	r.Helper()
	p := r.projects[name]
	for _, branch := range []string{"main", "other"} {
		evaluated := gitlabci.Evaluate(gitlabci.Request{
			Project: &config.Project{Path: p.path, Tree: os.DirFS(p.dir)}, Kind: p.kind(map[string]string{"CI_COMMIT_BRANCH": branch}),
		})
		if evaluated.Outcome != gitlabci.Created {
			r.Errorf("the pipeline of the branch %s is %s\n%s", branch, evaluated.Outcome, evaluated.Problems)
		}
	}
}

// start runs a pipeline of a project, and those that it starts.
func (r *reader) start(name string, variables ...string) {
	r.Helper()
	r.mustHavePassed()
	r.log = ""
	_ = r.try(name, variables...) // failed has the error
	r.server.Wait()
}

func (r *reader) try(name string, variables ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.projects[name]
	branch := strings.TrimSpace(run(r.T, p.dir, "git", "branch", "--show-current"))
	run(r.T, p.dir, "git", "remote", "set-head", "origin", "main")
	log, err := p.try(append([]string{
		"--no-artifacts-to-source", "--json-schema-validation=false", "CI_PROJECT_PATH=" + p.path, "CI_COMMIT_BRANCH=" + branch, "CI_COMMIT_REF_NAME=" + branch, fmt.Sprintf("CI_COMMIT_REF_PROTECTED=%t", branch == "main"),
		"CI_API_V4_URL=" + r.server.API(), "CI_SERVER_URL=" + r.server.URL, "CI_JOB_TOKEN=" + r.server.JobToken("ann", p.path),
		schema.VarRegistryMirrors + "=docker.io=" + r.registry.Host + "/mirror",
	}, variables...)...)
	r.log += r.asOnGitLab(log)
	if err != nil {
		r.failed = append(r.failed, fmt.Sprintf("the pipeline of %s: %v", name, err))
	}
	return err
}

// asOnGitLab returns a text with the names that things have on gitlab.com.
func (r *reader) asOnGitLab(text string) string {
	return strings.NewReplacer(r.registry.Host, tutorialRegistry, r.server.URL, "https://gitlab.com").Replace(text)
}

func (r *reader) mustHavePassed() {
	r.Helper()
	if len(r.failed) > 0 {
		r.Fatalf("%s\n%s", r.failed, r.log)
	}
}

// compare compares what the page shows with all that the last commands printed, or with lines of the last pipeline's log.
func (r *reader) compare(shown string) {
	r.Helper()
	if r.log == "" {
		if !regexp.MustCompile("^" + withEllipses(shown) + "$").MatchString(r.output) {
			r.Errorf("the page shows\n%s\nand this is printed:\n%s", shown, r.output)
		}
		return
	}
	rest := r.log
	for line := range strings.Lines(shown) {
		at := regexp.MustCompile(withEllipses(strings.TrimSpace(line))).FindStringIndex(rest)
		if at == nil {
			r.Fatalf("the page shows %q, which is not in the log, or is earlier:\n%s", line, r.log)
		}
		rest = rest[at[1]:]
	}
	if strings.Contains(shown, "FAIL") && len(r.failed) == 1 {
		r.failed = nil
	}
}

// withEllipses returns the pattern of a text in which an ellipsis is any text of a line.
func withEllipses(text string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(text), "…", "[^\n]*")
}

// apk is a package manager that takes the newest versions from a server, and installs programs that print theirs.
const apk = `#!/bin/sh
newest() { wget -qO- http://%[1]s/ | sed -n "s/^$1 //p"; }
case $1 in
add)
	for package; do
		case $package in add|-*) continue;; esac
		version=$(newest "$package")
		[ -n "$version" ] || exit 1
		printf '#!/bin/sh\necho %%s version %%s\n' "$package" "$version" >"/bin/$package"
		chmod +x "/bin/$package"
		echo "$package $version" >>/installed
	done ;;
version)
	while read -r package version; do
		[ "$version" = "$(newest "$package")" ] || echo "$package-$version < $(newest "$package")"
	done </installed ;;
esac
`

// pushAlpine pushes a substitute for Alpine's base image, whose package manager asks a server of this test.
func (r *reader) pushAlpine() {
	r.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r.packages.Range(func(name, version any) bool {
			fmt.Fprintln(w, name, version)
			return true
		})
	}))
	r.Cleanup(server.Close)
	pushTiny(r.T, r.registry, "lib/tiny:1")
	file := filepath.Join(r.home, "apk")
	if err := os.WriteFile(file, fmt.Appendf(nil, apk, strings.TrimPrefix(server.URL, "http://")), 0o755); err != nil {
		r.Fatal(err)
	}
	container := strings.TrimSpace(buildah(r.T, "from", "--quiet", "--tls-verify=false", "docker://"+r.registry.Host+"/lib/tiny:1"))
	defer buildah(r.T, "rm", container)
	buildah(r.T, "copy", "--quiet", container, file, "/bin/apk")
	id := strings.TrimSpace(buildah(r.T, "commit", "--quiet", container))
	defer buildah(r.T, "rmi", id)
	buildah(r.T, "push", "--quiet", "--tls-verify=false", id, "docker://"+r.registry.Host+"/mirror/library/alpine:3.22")
}
