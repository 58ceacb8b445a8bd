//go:build chaos

package chaos_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// variant is what a commit of the project has.
type variant struct {
	// version makes the images other ones; the same version is the same content.
	version int
	// badBase and badChild let the tests of an image fail.
	badBase, badChild bool
}

func (v variant) isGood() bool { return !v.badBase && !v.badChild }

// commit is a commit of the project.
type commit struct {
	variant
	sha string
	// folder has its files.
	folder string
}

const pipelineFile = `stages: [build, test, deploy]
include:
  - local: .gitlab/stemma.gitlab-ci.yml
  - local: templates/prune.yml
    inputs: {images: "base, child", keep: 0h}
`

// definition declares an image on the one outside, and a child of it; both are released and have a dependent.
const definition = `version: 1
defaults: {updates: {base: poll}}
images:
  base:
    distribution: alpine
    base: %[1]s/outer:1
    platforms: [%[2]s]
    exec: test -f stemma.yaml
    env: {BASE_VERSION: "%[3]d", BASE_QUALITY: %[4]s}
    tests: [{name: base is good, run: ': chaos-test base; test "$BASE_QUALITY" = good'}]
    release: [{tags: [latest, stable]}, {repository: %[1]s/public/base, tags: [latest], credentials: {username: PLACE_USER, password: PLACE_PASSWORD}}]
    dependents: [{project: %[6]s/app, ref: main}]
  child:
    containerfile: child/Containerfile
    env: {CHILD_QUALITY: %[5]s}
    build: {secrets: {token: CHILD_SECRET}}
    tests: [{name: child is good, run: ': chaos-test child; test "$CHILD_QUALITY" = good'}]
    dependents: [{project: %[6]s/site, ref: main}]
`

const containerfile = `FROM base
COPY version /version
RUN --mount=type=secret,id=token,required=true test -s /run/secrets/token
`

func quality(isBad bool) string {
	if isBad {
		return "bad"
	}
	return "good"
}

// files are those of a variant, without what is compiled.
func (w *world) files(v variant) map[string]string {
	platforms := strings.Join(w.platforms, ", ")
	return map[string]string{
		".gitlab-ci.yml":      pipelineFile,
		"stemma.yaml":         fmt.Sprintf(definition, w.proxy.host()+"/"+w.name, platforms, v.version, quality(v.badBase), quality(v.badChild), w.name),
		"child/Containerfile": containerfile,
		"child/version":       strconv.Itoa(v.version),
	}
}

// commit commits and compiles a variant, or returns the commit that has it already.
func (w *world) commit(v variant) *commit {
	if made, ok := w.commits[v]; ok {
		return made
	}
	repository := filepath.Join(w.dir, "repository")
	if len(w.commits) == 0 {
		w.command(w.dir, "git", "init", "-q", "-b", "main", repository)
		w.command(repository, "git", "config", "uploadpack.allowAnySHA1InWant", "true")
		template, err := os.ReadFile("../../templates/prune.yml")
		w.must(err)
		w.write(repository, map[string]string{"templates/prune.yml": string(template)})
	}
	w.write(repository, w.files(v))
	w.command(repository, "git", "add", "-A")
	w.command(repository, "stemma", "compile")
	w.command(repository, "git", "add", "-A")
	w.command(repository, "git", "-c", "user.name=chaos", "-c", "user.email=chaos@example.org", "commit", "-q", "-m", "Change")
	sha := strings.TrimSpace(w.command(repository, "git", "rev-parse", "HEAD"))
	made := &commit{variant: v, sha: sha, folder: filepath.Join(w.dir, "commits", sha)}
	w.must(os.MkdirAll(made.folder, 0o755))
	w.command(repository, "git", "checkout-index", "--all", "--prefix="+made.folder+"/")
	w.commits[v] = made
	return made
}

func (w *world) write(folder string, files map[string]string) {
	for name, content := range files {
		name = filepath.Join(folder, name)
		w.must(os.MkdirAll(filepath.Dir(name), 0o755))
		w.must(os.WriteFile(name, []byte(content), 0o644))
	}
}

// command runs a command of the harness itself, which has to succeed.
func (w *world) command(folder, name string, args ...string) string {
	w.Helper()
	command := exec.Command(name, args...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		w.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
