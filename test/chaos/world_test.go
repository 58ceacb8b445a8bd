//go:build chaos

package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// world is a project with its GitLab, its registry and its runners. A run has its own.
type world struct {
	*testing.T
	rng  *rand.Rand
	seed uint64
	// name begins the paths of its projects and repositories.
	name string
	dir  string
	// isReal says that buildah is the real one.
	isReal    bool
	platforms []string
	commits   map[variant]*commit
	pipelines []*pipeline

	secrets *secrets
	guard   *guard
	history *history
	proxy   *proxy
	gitlab  *gitlabtest.Server
	// settings are the variables in the project's settings.
	settings map[string]string

	mu        sync.Mutex
	log       strings.Builder
	begun     time.Time
	resources map[string]*sync.Mutex
	stop      context.CancelFunc
	watching  sync.WaitGroup
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), name: fmt.Sprintf("run%d%s", seed, strings.ToLower(t.Name()[4:5])),
		dir: t.TempDir(), commits: map[variant]*commit{}, secrets: &secrets{}, history: &history{}, begun: time.Now(), resources: map[string]*sync.Mutex{},
		platforms: []string{"linux/amd64"}, isReal: *realness > 0 && seed%uint64(*realness) == 0,
	}
	if !w.isReal && w.rng.IntN(3) == 0 {
		w.platforms = append(w.platforms, "linux/arm64")
	}
	for _, folder := range []string{"tmp", "home", "builds", "store"} {
		w.must(os.MkdirAll(filepath.Join(w.dir, folder), 0o755))
	}
	w.guard = newGuard(w.secrets)
	w.history.inspect, w.history.released = w.inspect, w.released
	w.gitlab = gitlabtest.New(t)
	members := map[string]gitlabtest.Role{"ann": gitlabtest.Maintainer}
	for _, project := range []string{"project", "app", "site"} {
		w.gitlab.AddProject(gitlabtest.Project{Path: w.name + "/" + project, Members: members, Allowlist: []string{w.name + "/project"}})
	}
	w.proxy = newProxy(w.gitlab.URL, w.guard, w.history, bridge{w}, w.logf)
	w.settings = map[string]string{
		"PLACE_USER": "place", "PLACE_PASSWORD": w.secrets.make(), "CHILD_SECRET": w.secrets.make(), "GITLAB_TOKEN": w.gitlab.PrivateToken("ann"),
	}
	w.secrets.add(w.settings["GITLAB_TOKEN"])
	w.guard.add("place", w.settings["PLACE_PASSWORD"], visitor{name: "the other place", writes: w.name + "/public/"})
	w.pushOuter()
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.watching.Go(func() {
		w.secrets.watchArguments(ctx, w.dir, func(arguments string) { w.problem("a secret is in the arguments of a process: %s", arguments) })
	})
	return w
}

func (w *world) close() {
	w.proxy.arm()
	w.stop()
	w.watching.Wait()
	w.proxy.close()
	w.endOrphans()
	w.T.Logf("%d pipelines in %s", len(w.pipelines), time.Since(w.begun).Round(time.Second))
	if w.Failed() || *verbose {
		w.T.Logf("the log of the run:\n%s", w.log.String())
	}
	if w.isReal {
		w.cleanStorage()
	}
}

// logf adds a line to the log of the run.
func (w *world) logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.log, "%6.2fs  %s\n", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// problem is something that must not be.
func (w *world) problem(format string, args ...any) {
	w.logf("PROBLEM: "+format, args...)
	w.T.Errorf(format, args...)
}

// must ends the run for a failure of the harness.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
