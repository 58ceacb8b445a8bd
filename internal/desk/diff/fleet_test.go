package diff_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave/fleet"
	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
)

var changes = flag.Int("changes", 12, "how many changes TestTheRebuiltImagesAreThoseThatWavesBuild compares")

// TestTheRebuiltImagesAreThoseThatWavesBuild changes a project of a simulated fleet. What the comparison lists, in this project and then in
// each project that it says is poked, must be what the waves build.
func TestTheRebuiltImagesAreThoseThatWavesBuild(t *testing.T) {
	t.Parallel()
	seeds := *changes
	if testing.Short() {
		seeds = 3
	}
	shapes := []fleet.Shape{fleet.Chain, fleet.Tree, fleet.Lattice, fleet.Random}
	rebuilding := 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 16))
		f := fleet.New(fleet.Config{Shape: shapes[seed%len(shapes)], Projects: fleetSize, Seed: uint64(seed), Policy: fleet.Waves, Twice: 0.2})
		p := projects{fleet: f, children: map[int][]int{}}
		for i := range fleetSize {
			for _, parent := range f.Parents(i) {
				p.children[parent] = append(p.children[parent], i)
			}
		}
		// Most of the fleet depends on its first projects.
		changed := random.IntN(fleetSize / 4)
		edit := edits[random.IntN(len(edits))]
		said := p.follow(t, changed, edit.change)
		if slices.Contains(said, image(changed, "image")) != edit.isRebuilt {
			t.Errorf("change %d, %s: got %v, want the image rebuilt: %t", seed, edit.name, said, edit.isRebuilt)
			continue
		}
		var built []string
		if edit.isRebuilt {
			rebuilding++
			f.Change(0, changed)
			built = append(p.images(changed), built...)
			for _, build := range f.Builds {
				built = append(built, p.images(build.Project)...)
			}
		}
		slices.Sort(built)
		if diff := cmp.Diff(slices.Compact(built), said); diff != "" {
			t.Errorf("change %d, %s in project %d: the waves build (-), and the comparison says (+):\n%s", seed, edit.name, changed, diff)
		}
	}
	if rebuilding < seeds/3 {
		t.Errorf("only %d of %d changes rebuild something", rebuilding, seeds)
	}
}

const fleetSize = 100

// edits are changes of a project, and whether they rebuild its image.
var edits = []struct {
	name      string
	isRebuilt bool
	change    func(files map[string]string)
}{
	{"a file", true, func(files map[string]string) { files["image/file"] = "other\n" }},
	{"a line of the Containerfile", true, func(files map[string]string) { files["image/Containerfile"] += "RUN make\n" }},
	{"the environment", true, replace("env: {A: one}", "env: {A: two}")},
	{"a build argument", true, replace("args: {B: one}", "args: {B: two}")},
	{"a file that is ignored", false, func(files map[string]string) { files["image/ignored"] = "other\n" }},
	{"a test", false, replace("run: one", "run: two")},
	{"a stage", false, replace("build: one", "build: two")},
	{"the release", false, replace("tags: [one]", "tags: [two]")},
	{"a comment", false, replace("version: 1", "# A comment.\nversion: 1")},
}

func replace(old, new string) func(map[string]string) {
	return func(files map[string]string) {
		files["stemma.yaml"] = strings.Replace(files["stemma.yaml"], old, new, 1)
	}
}

// projects are the projects of a fleet with their definitions.
type projects struct {
	fleet    *fleet.Fleet
	children map[int][]int
}

// image names an image of a project.
func image(project int, name string) string { return fmt.Sprintf("team/p%d/%s", project, name) }

// images are those of a project: its image, and one that is built on it.
func (p projects) images(i int) []string { return []string{image(i, "image"), image(i, "tools")} }

// files returns the files of a project whose parents have digests with a number.
func (p projects) files(i int, versions map[int]int) map[string]string {
	var parents, from, locked, dependents strings.Builder
	for n, parent := range slices.Compact(slices.Sorted(slices.Values(p.fleet.Parents(i)))) {
		fmt.Fprintf(&parents, "      p%d: {project: team/p%d, image: image, pin: true}\n", parent, parent)
		if n == 0 {
			fmt.Fprintf(&from, "FROM p%d\n", parent)
		} else {
			fmt.Fprintf(&from, "COPY --from=p%d /a /a%d\n", parent, parent)
		}
		fmt.Fprintf(&locked, "  \"team/p%d/image:latest\": {digest: \"sha256:%064d\", firstSeen: \"2026-11-20T00:00:00Z\"}\n", parent, versions[parent])
	}
	for _, child := range p.children[i] {
		fmt.Fprintf(&dependents, "      - {project: team/p%d, ref: main}\n", child)
	}
	files := map[string]string{
		"stemma.yaml": "version: 1\nimages:\n  tools: {containerfile: tools/Containerfile}\n  image:\n    containerfile: image/Containerfile\n" +
			"    env: {A: one}\n    args: {B: one}\n    tests: [{name: works, run: one}]\n    stages: {build: one}\n    release: [{tags: [one]}]\n" +
			section("parents", parents.String()) + section("dependents", dependents.String()),
		"image/Containerfile": "FROM scratch\n", "image/file": "one\n", "image/ignored": "one\n", "image/.containerignore": "ignored\n",
		"tools/Containerfile": "FROM image\n",
	}
	if from.Len() > 0 {
		files["image/Containerfile"] = from.String()
		files["stemma.lock"] = "version: 1\nparents:\n" + locked.String()
	}
	files["image/Containerfile"] += "ARG B\nCOPY file /\n"
	return files
}

func section(key, lines string) string {
	if lines == "" {
		return ""
	}
	return "    " + key + ":\n" + lines
}

// follow returns the images that are rebuilt after a change of a project: in it, and in the projects that are poked, in which the lock moves.
func (p projects) follow(t *testing.T, changed int, edit func(map[string]string)) []string {
	t.Helper()
	before := p.files(changed, nil)
	after := maps.Clone(before)
	edit(after)
	said := map[string]bool{}
	queue := p.rebuilt(t, changed, before, after, said)
	for versions := map[int]int{}; len(queue) > 0; queue = queue[1:] {
		next := queue[0]
		for _, parent := range p.fleet.Parents(next) {
			if said[image(parent, "image")] {
				versions[parent] = 1
			}
		}
		if !said[image(next, "image")] {
			queue = append(queue, p.rebuilt(t, next, p.files(next, nil), p.files(next, versions), said)...)
		}
	}
	return slices.Sorted(maps.Keys(said))
}

// rebuilt adds the images of a project that are rebuilt, and returns the projects that are poked.
func (p projects) rebuilt(t *testing.T, i int, old, new map[string]string, said map[string]bool) (poked []int) {
	t.Helper()
	compared, err := diff.Compare(compile(t, "old", version{files: mapFS(old)}), compile(t, "new", version{files: mapFS(new)}))
	if err != nil || compared.HasFindings() {
		t.Fatalf("project %d: %v\n%s", i, err, compared.Text())
	}
	for _, name := range compared.Rebuilt {
		said[image(i, name)] = true
	}
	for _, dependent := range compared.Dependents {
		child, err := strconv.Atoi(strings.TrimPrefix(dependent.Project, "team/p"))
		if err != nil {
			t.Fatal(err)
		}
		poked = append(poked, child)
	}
	return poked
}

func mapFS(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	return out
}
