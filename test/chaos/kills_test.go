//go:build chaos

package chaos_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// murders are what is killed.
var murders = []struct {
	name string
	run  func(*world)
}{
	{"build", func(w *world) { w.killJob("build:") }},
	{"release", func(w *world) { w.killJob("release:") }},
	{"poke", func(w *world) { w.killJob("poke:") }},
	{"compile", (*world).killCompile},
	{"build", func(w *world) { w.killJob("build:") }},
	{"lock", (*world).killLock},
	{"release", func(w *world) { w.killJob("release:") }},
	{"bump", (*world).killBump},
	{"publish", (*world).killPublish},
	{"import", (*world).killImport},
}

// killJob kills a job of a pipeline, of any image, which GitLab then repeats as for a runner that failed. The pipeline has to pass.
func (w *world) killJob(job string) {
	c := w.commit(variant{version: 1})
	if w.rng.IntN(2) == 0 {
		w.heal(c)
		c = w.commit(variant{version: 2})
	}
	job += []string{"base", "child"}[w.rng.IntN(2)]
	kind := fmt.Sprint(job, w.isReal)
	p := w.start(push, c, "a", nil)
	p.isHealthy, p.victim = true, w.newMurder(job, usually(kind, 500*time.Millisecond))
	w.logf("kill %s after %s, with all that it started: %v", job, p.victim.after, p.victim.isWhole)
	if !w.runAll(context.Background(), p) {
		w.problem("pipeline %d did not recover from a kill of %s", p.id, job)
		return
	}
	w.judge(p)
	w.judgeAll()
}

// disturbed is a command that is killed and run again.
type disturbed struct {
	name string
	// folder is where it runs; remote, if not empty, a bare repository that it pushes to.
	folder, remote string
	args           []string
	environ        []string
}

// kill runs a command undisturbed in a copy of its folder, then in the folder itself, kills it there, and runs it again. In between
// each file must be as before or as afterwards; at the end the folder must be as the copy.
func (w *world) kill(d disturbed) {
	before := contents(d.folder)
	twin := w.twin(d)
	begun := time.Now()
	if printed, code := w.runCommand(twin, nil); code != 0 {
		w.Fatalf("%v fails undisturbed:\n%s", d.args, printed)
	}
	took := time.Since(begun)
	after := contents(twin.folder)
	m := w.newMurder("", took)
	w.logf("kill it after %s of %s, with all that it started: %v", m.after, took, m.isWhole)
	w.runCommand(d, m)
	for name, content := range contents(d.folder) {
		if !bytes.Equal(content, before[name]) && !bytes.Equal(content, after[name]) && (before[name] != nil || after[name] != nil) {
			w.problem("%s is half written after a kill of %s:\n%s", name, d.name, content)
		}
	}
	printed, code := w.runCommand(d, nil)
	if code != 0 {
		w.problem("%s fails after it was killed:\n%s", d.name, printed)
		return
	}
	w.compare(d, contents(d.folder), after)
	if d.remote != "" {
		w.compare(d, w.pushed(d.remote), w.pushed(twin.remote))
	}
	w.checkDisk()
}

// compare tells of files that differ from those of an undisturbed run.
func (w *world) compare(d disturbed, got, want map[string][]byte) {
	for name, content := range got {
		if !bytes.Equal(content, want[name]) || want[name] == nil {
			w.problem("%s after a kill of %s is not what an undisturbed run leaves:\n%s", name, d.name, content)
		}
	}
	for name := range want {
		if got[name] == nil {
			w.problem("%s is missing after a kill of %s", name, d.name)
		}
	}
}

// twin is the same command on copies of its folders.
func (w *world) twin(d disturbed) disturbed {
	out := d
	out.folder = d.folder + "-twin"
	w.command(w.dir, "cp", "-a", d.folder, out.folder)
	if d.remote != "" {
		out.remote = d.remote + "-twin"
		w.command(w.dir, "cp", "-a", d.remote, out.remote)
		w.command(out.folder, "git", "remote", "set-url", "origin", out.remote)
	}
	return out
}

// runCommand runs a command, and checks its end as that of a job.
func (w *world) runCommand(d disturbed, m *murder) (printed string, code int) {
	command := exec.Command("stemma", d.args...)
	command.Dir, command.Env = d.folder, append(w.machine(), d.environ...)
	printed, end := w.execute(context.Background(), command, m)
	w.logf("stemma %s ended with %d after %.2fs%s", strings.Join(d.args, " "), end.code, end.took.Seconds(), indent(printed))
	w.checkEnd(context.Background(), d.name, printed, end)
	return printed, end.code
}

// firstSeen is when a pin of the lock was made.
var firstSeen = regexp.MustCompile(`firstSeen: \S+`)

// contents are the files below a folder, without git's own.
func contents(folder string) map[string][]byte {
	out := map[string][]byte{}
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && entry.Type().IsRegular() {
			content, _ := os.ReadFile(path)
			out[strings.TrimPrefix(path, folder+"/")] = firstSeen.ReplaceAll(append([]byte{}, content...), []byte("firstSeen: now"))
		}
		return nil
	})
	return out
}

// pushed are the files of all branches of a repository.
func (w *world) pushed(repository string) map[string][]byte {
	out := map[string][]byte{}
	for _, branch := range strings.Fields(w.command(repository, "git", "for-each-ref", "--format=%(refname)", "refs/heads")) {
		for _, name := range strings.Fields(w.command(repository, "git", "ls-tree", "-r", "--name-only", branch)) {
			out[branch+":"+name] = []byte(w.command(repository, "git", "show", branch+":"+name))
		}
	}
	return out
}

// checkout is a new clone of the project with a commit, and the repository that it pushes to.
func (w *world) checkout() (folder, remote string) {
	w.commit(variant{version: 1})
	folder, remote = filepath.Join(w.dir, "work"), filepath.Join(w.dir, "remote")
	w.command(w.dir, "git", "clone", "-q", "--bare", filepath.Join(w.dir, "repository"), remote)
	w.command(w.dir, "git", "clone", "-q", remote, folder)
	for name, value := range map[string]string{"user.name": "chaos", "user.email": "chaos@example.org"} {
		w.command(folder, "git", "config", name, value)
	}
	return folder, remote
}

// login is what a developer's machine knows of the registry, and the passwords of the project.
func (w *world) login() []string {
	password := w.secrets.make()
	w.guard.add("dev", password, visitor{name: "a developer", writes: w.name + "/"})
	auth := base64.StdEncoding.EncodeToString([]byte("dev:" + password))
	return []string{
		fmt.Sprintf(`DOCKER_AUTH_CONFIG={"auths":{"%s":{"auth":"%s"}}}`, w.proxy.host(), auth), "PLACE_USER=place", "STEMMA_TIMEOUTS=" + healthyTimeouts,
		"PLACE_PASSWORD=" + w.settings["PLACE_PASSWORD"], "CHILD_SECRET=" + w.settings["CHILD_SECRET"],
	}
}

func (w *world) killCompile() {
	folder, _ := w.checkout()
	w.write(folder, w.files(variant{version: 2}))
	w.kill(disturbed{name: "compile", folder: folder, args: []string{"compile"}})
}

func (w *world) killLock() {
	folder, _ := w.checkout()
	w.kill(disturbed{name: "lock", folder: folder, args: []string{"lock"}, environ: w.login()})
}

func (w *world) killImport() {
	folder, _ := w.checkout()
	w.must(os.Remove(filepath.Join(folder, "stemma.yaml")))
	for i := range 12 {
		w.write(folder, map[string]string{fmt.Sprintf("trees/image%d/Dockerfile", i): "FROM docker.io/library/debian:trixie\nCOPY file /\n", fmt.Sprintf("trees/image%d/file", i): "1\n"})
	}
	w.command(folder, "git", "add", "-A")
	w.kill(disturbed{name: "import", folder: folder, args: []string{"import", "containerfiles", "trees", "--force"}})
}

// bumpable is a checkout of a project with an image that has its tag by hand.
func (w *world) bumpable() (folder, remote string) {
	folder, remote = w.checkout()
	w.write(folder, map[string]string{"ci/versions.sh": "TOOL=1\n", "stemma.yaml": fmt.Sprintf(`version: 1
pins: [{image: tool, file: ci/versions.sh, pattern: 'TOOL=(\S+)'}]
images:
  tool: {distribution: alpine, base: "%s/%s/outer:1", tag: "1"}
`, w.proxy.host(), w.name)})
	w.command(folder, "stemma", "compile")
	w.command(folder, "git", "add", "-A")
	w.command(folder, "git", "commit", "-q", "-m", "A tool")
	w.command(folder, "git", "push", "-q", "origin", "main")
	return folder, remote
}

// killBump changes the version of the image.
func (w *world) killBump() {
	folder, remote := w.bumpable()
	w.kill(disturbed{name: "bump", folder: folder, remote: remote, args: []string{"bump", "tool=2", "--yes", "--refresh"}, environ: w.login()})
	if worktrees := w.command(folder, "git", "worktree", "list"); strings.Count(worktrees, "\n") != 1 {
		w.problem("a worktree is left after a kill of bump:\n%s", worktrees)
	}
}

// killPublish publishes what was built on the machine.
func (w *world) killPublish() {
	folder, _ := w.checkout()
	environ := append(w.login(), "STEMMA_REGISTRY="+w.proxy.host()+"/"+w.name+"/project")
	d := disturbed{name: "publish", folder: folder, args: []string{"publish"}, environ: environ}
	if printed, code := w.runCommand(disturbed{name: "build", folder: folder, args: []string{"build", "--all-platforms"}, environ: environ}, nil); code != 0 {
		w.Fatalf("nothing is built:\n%s", printed)
	}
	kind := fmt.Sprint(d.name, w.isReal)
	w.runCommand(d, w.newMurder("", usually(kind, 500*time.Millisecond)))
	begun := time.Now()
	if printed, code := w.runCommand(d, nil); code != 0 {
		w.problem("publish fails after it was killed:\n%s", printed)
		return
	}
	note(kind, time.Since(begun))
	c := w.commit(variant{version: 1})
	p := w.start(push, c, "a", nil)
	for image, references := range places {
		tag, _ := p.contentTag(image)
		want := digestOf(w.name+"/project/"+image, tag)
		for _, reference := range references {
			if got := w.released()[reference]; want == "" || got != want {
				w.problem("after publish %s is %q, and the image is %q", reference, got, want)
			}
		}
	}
	w.judgeAll()
}
