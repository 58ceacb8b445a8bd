// Package update is the job that looks for images that a rebuild would change.
package update

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TaskRunner runs snippets inside images.
type TaskRunner interface {
	RunTask(ctx context.Context, reference, platform string, task buildah.Task) (status int, output string, err error)
}

// Registry reads images.
type Registry interface {
	provenance.Registry
	Manifest(ctx context.Context, at oci.Reference, credentials oci.Credentials) (oci.Manifest, error)
	Open(manifest oci.Manifest, platform string) (oci.Manifest, error)
}

// Env is what the job uses.
type Env struct {
	Getenv   func(string) string
	Log      output.Log
	Dir      output.Folder
	Now      func() time.Time
	Registry Registry
	// Tasks returns what runs snippets inside images.
	Tasks func(context.Context) (TaskRunner, error)
	// GitLab returns a client with a token.
	GitLab func(gitlab.Token) (*gitlab.Client, error)
}

// Run looks for images that a rebuild would change: a parent changed, their first layers are no longer their base's, or newer packages
// exist. It reports them, and requests their rebuild by name. It also reports images that it could not check; then it returns an error after
// it has checked the others.
func Run(ctx context.Context, env Env) error {
	if err := (Report{Images: []Image{}}).save(env.Dir); err != nil {
		return err
	}
	if trial := jobenv.Trial(env.Getenv); trial != "" {
		env.Log.Printf("Nothing is checked: %s.", trial)
		return nil
	}
	targets, err := readTargets(env.Getenv)
	if err != nil {
		return err
	}
	u := &updates{Env: env}
	images := make([]Image, len(targets))
	patient, stop := context.WithTimeout(ctx, checkPatience)
	defer stop()
	parallel.Each(len(targets), atOnce, func(i int) { images[i] = u.check(patient, targets[i]) })
	for i := range images {
		u.wave(ctx, &images[i])
	}
	if err := u.inside(ctx, targets, images); err != nil {
		return err
	}
	report := Report{Images: images}
	failed := u.ask(ctx, &report)
	report.print(env.Log)
	if err := report.save(env.Dir); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return report.unknown()
}

// target is an image to check.
type target struct {
	schema.UpdateTarget
	places []place
	base   oci.Reference
	recipe *schema.Recipe
}

type place struct {
	reference   oci.Reference
	credentials oci.Credentials
}

// reader reads the variables of the job.
type reader struct{ *jobenv.Reader }

// readTargets reads the images of the job's share.
func readTargets(getenv func(string) string) ([]target, error) {
	r := reader{jobenv.NewReader(getenv)}
	var written []schema.UpdateTarget
	if r.Required(schema.VarUpdates, "it lists the images to look at") != "" {
		r.Decode(schema.VarUpdates, &written)
	}
	index, total := r.share()
	var targets []target
	for i, w := range written {
		t := r.target(w)
		if i%total == index {
			targets = append(targets, t)
		}
	}
	return targets, r.Err()
}

// share returns the number of this job, counted from 0, and the number of jobs.
func (r reader) share() (index, total int) {
	if r.Getenv("CI_NODE_TOTAL") == "" || r.Getenv("CI_NODE_INDEX") == "" {
		return 0, 1
	}
	index, err := strconv.Atoi(r.Getenv("CI_NODE_INDEX"))
	total, errTotal := strconv.Atoi(r.Getenv("CI_NODE_TOTAL"))
	if err != nil || errTotal != nil || index < 1 || index > total {
		r.Fail("CI_NODE_INDEX is %q and CI_NODE_TOTAL is %q: GitLab sets them where a job has parallel, to numbers from 1", r.Getenv("CI_NODE_INDEX"), r.Getenv("CI_NODE_TOTAL"))
		return 0, 1
	}
	return index - 1, total
}

func (r reader) target(w schema.UpdateTarget) target {
	t := target{UpdateTarget: w}
	if w.Image == "" || strings.ContainsAny(w.Image, ", \n") || len(w.Places) == 0 {
		r.Fail("%s: the image %q needs a name without white space and commas, and a place", schema.VarUpdates, w.Image)
	}
	for _, p := range w.Places {
		t.places = append(t.places, place{r.below(p.Reference), r.Credentials(p.Reference, p.Username, p.Password)})
	}
	if w.Base != "" {
		t.base = r.below(w.Base)
	}
	if w.Distribution == "" {
		return t
	}
	recipes := r.Recipes()
	recipe, ok := recipes.Recipe(w.Distribution)
	if !ok {
		r.Fail("%s: %s: the distribution %q is not known; distributions are %s", schema.VarUpdates, w.Image, w.Distribution, strings.Join(recipes.Names(), ", "))
	}
	t.recipe = &recipe
	return t
}

// below reads a reference, which is one below the project's registry path where it names no registry.
func (r reader) below(text string) oci.Reference {
	if !schema.NamesRegistry(text) {
		text = r.ProjectRegistry() + "/" + text
	}
	return r.Reference(schema.VarUpdates, text)
}

// atOnce limits how many images are checked at a time, and checkPatience how long the registries may take for all of them.
const (
	atOnce        = 24
	checkPatience = 15 * time.Minute
)

// updates is an update check in progress.
type updates struct {
	Env
	// bases are functions that return the current image of a parent, by its reference. Each asks the registry once.
	bases sync.Map
}

// present returns the current image of a parent's reference.
func (u *updates) present(ctx context.Context, reference string) (oci.Manifest, error) {
	base, _ := u.bases.LoadOrStore(reference, sync.OnceValues(func() (oci.Manifest, error) {
		parsed, err := oci.ParseReference(reference)
		if err != nil {
			return oci.Manifest{}, fmt.Errorf("the labels name a parent that is no image: %w", err)
		}
		return u.Registry.Manifest(ctx, parsed, oci.Credentials{})
	}))
	return base.(func() (oci.Manifest, error))()
}
