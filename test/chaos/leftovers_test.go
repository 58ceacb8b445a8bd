//go:build chaos

package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
)

// TestLeftovers counts what a kill leaves on a machine where buildah has its usual storage: after each kill, and after the healthy run that
// follows it. After the last one nothing may be left but what is buildah's own business.
func TestLeftovers(t *testing.T) {
	if *leftovers == 0 {
		return
	}
	if !*isAlone {
		runAlone(t)
		return
	}
	w := newMachine(t)
	defer w.close()
	w.Run("job build", func(t *testing.T) { w.countAfterKills(t, w.forcedBuild()) })
	w.Run("bump", func(t *testing.T) { w.countAfterKills(t, w.repeatedBump()) })
}

// newMachine is a world whose buildah is real and keeps its images where it usually does.
func newMachine(t *testing.T) *world {
	*realness = 1
	w := newWorld(t, *first)
	w.heal(w.commit(variant{version: 1}))
	return w
}

// victim runs a command that is killed, and reports how it ended. Without a murder the run is the healthy one that follows.
type victim func(m *murder) ending

// forcedBuild builds the two images by turns, each time in a new pipeline that is asked to build it again.
func (w *world) forcedBuild() victim {
	c, runs := w.commit(variant{version: 1}), 0
	var p *pipeline
	return func(m *murder) ending {
		image := []string{"base", "child"}[runs/2%2]
		if runs%2 == 0 {
			p = w.start(push, c, "a", map[string]string{"STEMMA_REBUILD": image})
			p.isHealthy = true
		}
		runs++
		i := slices.IndexFunc(p.jobs, func(j gitlabci.Job) bool { return j.Name == "build:"+image })
		if p.victim = m; m != nil {
			m.job = p.jobs[i].Name
		}
		return w.process(context.Background(), p, p.jobs[i])
	}
}

// repeatedBump raises the version of a tool again and again.
func (w *world) repeatedBump() victim {
	folder, _ := w.bumpable()
	runs := 0
	return func(m *murder) ending {
		version := strconv.Itoa(runs/2 + 2)
		runs++
		begun := time.Now()
		_, code := w.runCommand(disturbed{name: "bump", folder: folder, args: []string{"bump", "tool=" + version, "--yes", "--refresh"}, environ: w.login()}, m)
		return ending{code: code, isKilled: code < 0, took: time.Since(begun)}
	}
}

// countAfterKills prints the table of leftovers.
func (w *world) countAfterKills(t *testing.T, run victim) {
	usual := time.Duration(0)
	for range 4 { // each image, killed at no time and healthy
		end := run(nil)
		if end.code != 0 {
			t.Fatal("it fails without a kill; -logs shows its log")
		}
		usual = max(usual, end.took)
	}
	first := w.left()
	last, killed := first, remains{}
	runs, kills, inRuns := 0, 0, remains{}
	for ; kills < *leftovers; runs++ {
		if end := run(w.newMurder("", usual)); end.isKilled {
			kills++
		} else {
			usual = end.took // the machine is faster now
		}
		for kind, n := range w.left().minus(last) {
			if killed[kind] += max(n, 0); n > 0 {
				inRuns[kind]++
			}
		}
		if end := run(nil); end.code != 0 {
			t.Errorf("the run after a kill ends with exit code %d", end.code)
		}
		last = w.left()
	}
	healed := last.minus(first)
	var table bytes.Buffer
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "left\tafter kills, in all\truns\tafter the last healthy run")
	for _, kind := range slices.Sorted(maps.Keys(killed)) {
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\n", kind, killed[kind], inRuns[kind], healed[kind])
	}
	_ = out.Flush() // it is in memory
	t.Logf("%d kills in %d runs of about %s\n%s", kills, runs, usual.Round(time.Millisecond), &table)
	for kind, n := range healed {
		if n > 0 && kind != ofBuildah && kind != images {
			t.Errorf("%s: %d are left", kind, n)
		}
	}
}

// Kinds of things that are left.
const (
	credentials  = "files with credentials of registries"
	otherSecrets = "other files with secrets"
	folders      = "temporary folders of stemma"
	// What follows is buildah's. It does not say which run it is of, and has no secrets, which are counted by themselves.
	ofBuildah = "temporary folders of buildah"
	images    = "images without a name"
)

// remains are the numbers of things that are left, by what they are.
type remains map[string]int

// minus is what has been added to another count.
func (r remains) minus(other remains) remains {
	out := remains{}
	for kind, n := range r {
		out[kind] = n - other[kind]
	}
	return out
}

// left counts what is on the machine.
func (w *world) left() remains {
	temporary, _ := os.ReadDir(filepath.Join(w.dir, "tmp"))
	checkouts, _ := filepath.Glob(filepath.Join(w.dir, "*/.git/worktrees/*"))
	mounts, _ := os.ReadFile("/proc/self/mounts")
	out := remains{
		credentials: 0, otherSecrets: 0, ofBuildah: 0, folders: 0, "checkouts": len(checkouts),
		"mounts": bytes.Count(mounts, []byte("\n")), "containers": len(strings.Fields(w.buildah("containers", "--quiet"))),
		images: nameless(), "processes": len(w.orphans()),
	}
	for _, entry := range temporary {
		kind := folders
		if !strings.Contains(entry.Name(), "stemma-") {
			kind = ofBuildah
			w.logf("buildah has left %s", entry.Name())
		}
		out[kind]++
	}
	for _, place := range ownFolders {
		for _, file := range w.secrets.below(place) {
			content, _ := os.ReadFile(file) // it was there a moment ago
			kind := otherSecrets
			if bytes.Contains(content, []byte(`"auths"`)) {
				kind = credentials
			}
			out[kind]++
			w.logf("a secret is left in %s", file)
		}
	}
	return out
}

// nameless is the number of images in buildah's storage without a name: no later build uses them. Images that were pulled have one.
func nameless() int {
	var stored []struct {
		Names []string `json:"names"`
	}
	lists, _ := filepath.Glob("/var/lib/containers/storage/*-images/images.json")
	n := 0
	for _, list := range lists {
		content, err := os.ReadFile(list)
		if err != nil || json.Unmarshal(content, &stored) != nil {
			continue // it is being written
		}
		for _, image := range stored {
			if len(image.Names) == 0 {
				n++
			}
		}
	}
	return n
}
