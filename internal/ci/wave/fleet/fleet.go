// Package fleet lets waves run through generated projects, with the same decisions as real jobs make: pokes are late, come twice
// and out of order, and builds fail. It is how waves are proven and measured.
package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
)

// Policy is what a project does when it is poked.
type Policy string

const (
	// Waves decides as jobs do.
	Waves Policy = "waves"
	// Eager builds as soon as one parent moved, and waits for no other.
	Eager Policy = "eager"
	// Naive builds on every poke.
	Naive Policy = "naive"
)

// Config says how a fleet behaves.
type Config struct {
	Shape    Shape
	Projects int
	Seed     uint64
	Policy   Policy
	// Failing is the part of builds that fail, Twice that of pokes that arrive twice; 0 to 1.
	Failing, Twice float64
	// Broken are projects whose builds always fail.
	Broken []int
	// MaxBuilds ends the run; it has no end where zero.
	MaxBuilds int
}

// Build is one build of a project's image.
type Build struct {
	Project    int
	Start, End time.Duration
	Failed     bool
	// On are the digests of its parents.
	On []string
}

// Fleet is projects with one image each. It is a wave.Fleet.
type Fleet struct {
	config   Config
	random   *rand.Rand
	now      time.Duration
	events   queue
	projects []project
	index    map[string]int
	pipeline int

	// Builds are all builds in the order in which they ended; Jobs is how many build jobs ran, building or not.
	Builds []Build
	Jobs   int
	// Stopped are the waves that ended because they came back or too far.
	Stopped []error
}

type project struct {
	reference         string
	image             wave.Image
	parents, children []int
	attempts          wave.Attempts
	// busy says that a job runs; waiting are those that run after it, one at a time.
	busy     bool
	waiting  []wave.Poke
	versions int
}

// New makes a fleet in which every image is built on what its parents are.
func New(config Config) *Fleet {
	chance := rand.New(rand.NewPCG(config.Seed, 1)) //nolint:gosec // the same seed has to give the same fleet
	f := &Fleet{config: config, random: chance, index: map[string]int{}}
	graph := config.Shape(config.Projects, f.random)
	f.projects = make([]project, len(graph))
	for i, parents := range graph {
		p := &f.projects[i]
		p.parents = parents
		p.image.Project = "team/p" + strconv.Itoa(i)
		p.image.Name = must(wave.NameOf(p.image.Project, "image"))
		p.reference = p.image.Name.String()
		f.index[p.reference] = i
		for _, parent := range parents {
			above := &f.projects[parent]
			above.children = append(above.children, i)
			above.image.Dependents = append(above.image.Dependents, p.image.Project)
		}
		p.publish(wave.ID{}, f.present(i), f.clock())
	}
	return f
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err) // the names are made here
	}
	return value
}

// Digest implements wave.Fleet.
func (f *Fleet) Digest(_ context.Context, reference string) (string, error) {
	image, err := f.Image(context.Background(), reference)
	return image.Digest, err
}

// Image implements wave.Fleet.
func (f *Fleet) Image(_ context.Context, reference string) (wave.Image, error) {
	i, ok := f.index[reference]
	if !ok {
		return wave.Image{}, fmt.Errorf("no image %s", reference)
	}
	return f.projects[i].image, nil
}

// present are a project's parents as they are now.
func (f *Fleet) present(i int) []wave.Parent {
	parents := make([]wave.Parent, len(f.projects[i].parents))
	for n, parent := range f.projects[i].parents {
		above := &f.projects[parent]
		parents[n] = wave.Parent{Reference: above.reference, Digest: above.image.Digest}
	}
	return parents
}

// publish gives a project a new image.
func (p *project) publish(id wave.ID, on []wave.Parent, now time.Time) {
	p.versions++
	p.image.Digest = "sha256:" + p.reference + "#" + strconv.Itoa(p.versions)
	p.image.Wave, p.image.Parents, p.image.Created = id, on, now
}

// Affected are the projects that are built on another over any number of steps, without itself.
func (f *Fleet) Affected(from int) []int {
	reached := map[int]bool{from: true}
	var affected []int
	for i := from + 1; i < len(f.projects); i++ {
		for _, parent := range f.projects[i].parents {
			if reached[parent] {
				reached[i] = true
				affected = append(affected, i)
				break
			}
		}
	}
	return affected
}

// Stale are the projects whose image is not built on what its parents are now.
func (f *Fleet) Stale() []int {
	var stale []int
	for i := range f.projects {
		if moved, err := wave.Moved(context.Background(), f, f.projects[i].image); err != nil || len(moved) > 0 {
			stale = append(stale, i)
		}
	}
	return stale
}

// Parents are the projects that a project is built on.
func (f *Fleet) Parents(i int) []int { return f.projects[i].parents }
