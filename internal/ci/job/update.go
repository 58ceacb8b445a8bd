package job

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TaskRunner runs snippets inside images.
type TaskRunner interface {
	RunTask(ctx context.Context, reference, platform string, task buildah.Task) (status int, output string, err error)
}

// UpdateCheck looks for images that a rebuild would change: a parent changed, their first layers are no longer their base's, or newer packages
// exist. It reports them, and requests their rebuild by name. It also reports images that it could not check; then it returns an error after
// it has checked the others.
func UpdateCheck(ctx context.Context, env Env, runner func(context.Context) (TaskRunner, error)) error {
	if err := (UpdateReport{Images: []UpdatedImage{}}).save(env); err != nil {
		return err
	}
	if trial := jobenv.Trial(env.Getenv); trial != "" {
		env.Log.Printf("Nothing is checked: %s.", trial)
		return nil
	}
	targets, err := readUpdateTargets(env.Getenv)
	if err != nil {
		return err
	}
	u := &updates{Env: env, bases: map[string]*base{}}
	images := make([]UpdatedImage, len(targets))
	patient, stop := context.WithTimeout(ctx, checkPatience)
	defer stop()
	parallel.Each(len(targets), atOnce, func(i int) { images[i] = u.check(patient, targets[i]) })
	for i := range images {
		u.wave(ctx, &images[i])
	}
	if err := u.inside(ctx, runner, targets, images); err != nil {
		return err
	}
	report := UpdateReport{Images: images}
	failed := u.ask(ctx, &report)
	report.print(env)
	if err := report.save(env); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return report.unknown()
}

// updateTarget is an image to check.
type updateTarget struct {
	schema.UpdateTarget
	places []updatePlace
	base   oci.Reference
	recipe *schema.Recipe
}

type updatePlace struct {
	reference   oci.Reference
	credentials oci.Credentials
}

// readUpdateTargets reads the images of the job's share.
func readUpdateTargets(getenv func(string) string) ([]updateTarget, error) {
	r := &reader{jobenv.NewReader(getenv)}
	var written []schema.UpdateTarget
	if r.Required(schema.VarUpdates, "it lists the images to look at") != "" {
		r.Decode(schema.VarUpdates, &written)
	}
	index, total := r.share()
	var targets []updateTarget
	for i, w := range written {
		t := r.updateTarget(w)
		if i%total == index {
			targets = append(targets, t)
		}
	}
	return targets, r.Err()
}

// share returns the number of this job, counted from 0, and the number of jobs.
func (r *reader) share() (index, total int) {
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

func (r *reader) updateTarget(w schema.UpdateTarget) updateTarget {
	t := updateTarget{UpdateTarget: w}
	if w.Image == "" || strings.ContainsAny(w.Image, ", \n") || len(w.Places) == 0 {
		r.Fail("%s: the image %q needs a name without white space and commas, and a place", schema.VarUpdates, w.Image)
	}
	for _, place := range w.Places {
		p := updatePlace{r.below(place.Reference), r.Credentials(place.Reference, place.Username, place.Password)}
		t.places = append(t.places, p)
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
func (r *reader) below(text string) oci.Reference {
	if !oci.NamesRegistry(text) {
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
	mu    sync.Mutex
	bases map[string]*base
}

// base is a parent of images, which is looked up once.
type base struct {
	once     sync.Once
	manifest oci.Manifest
	err      error
}

// present returns the current image of a parent's reference.
func (u *updates) present(ctx context.Context, reference string) (oci.Manifest, error) {
	u.mu.Lock()
	known := u.bases[reference]
	if known == nil {
		known = &base{}
		u.bases[reference] = known
	}
	u.mu.Unlock()
	known.once.Do(func() {
		parsed, err := oci.ParseReference(reference)
		if err != nil {
			known.err = fmt.Errorf("the labels name a parent that is no image: %w", err)
			return
		}
		known.manifest, known.err = u.Registry.Manifest(ctx, parsed, oci.Credentials{})
	})
	return known.manifest, known.err
}
