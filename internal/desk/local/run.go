package local

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/desk/chain"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// run is one run of builds.
type run struct {
	*connection
	request   Request
	plan      plan
	locations []Location
	folder    *scratch.Folder
	scratch   string
	// builder makes the builder when an image is first built or tested.
	builder func() (Builder, error)
	made    Builder
	// files copies the project's files as they are now, once, when an image first reads them.
	files func() (string, error)

	mu sync.Mutex
	// digests has those of the images that exist, by number and, for one platform, its name.
	digests map[int]map[string]oci.Digest
	// began has the time when the work on an image began; built and hasLog tell whether this run built it and opened its log.
	began         map[int]time.Time
	built, hasLog map[int]bool
	// failures has the causes of failed tasks.
	failures map[int]failure
}

// failure is why a task failed, with the last lines of the failed phase or tests.
type failure struct {
	reason string
	last   []string
}

func (conn *connection) newRun(ctx context.Context, request Request, locations []Location, p plan) (*run, error) {
	w := &run{connection: conn, request: request, plan: p, locations: locations, digests: map[int]map[string]oci.Digest{}, began: map[int]time.Time{}, built: map[int]bool{}, hasLog: map[int]bool{}, failures: map[int]failure{}}
	w.builder = sync.OnceValues(func() (made Builder, err error) {
		made, err = conn.Builder(ctx, conn.client, conn.server.Host)
		w.made = made
		return made, err
	})
	var err error
	if w.folder, err = scratch.New("works"); err != nil {
		return nil, err
	}
	w.scratch = w.folder.Path
	w.files = sync.OnceValues(func() (string, error) { return w.copyFiles(filepath.Join(w.scratch, "project")) })
	for i, s := range locations {
		if p.work[i] {
			continue
		}
		w.keep(i, "", s.digest())
	}
	return w, nil
}

// close removes everything of the run from the machine except the images. The names that the builder gave them while it pulled from the
// server are removed too: the server ends.
func (w *run) close() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if w.made != nil {
		names, _ := w.made.Names(ctx, w.server.Host+"/") // a name that is left does no harm
		for _, name := range names {
			_ = w.made.Forget(ctx, name)
		}
	}
	_ = w.folder.Close() // the next run removes what is left
}

// copyFiles copies the files that git tracks, as they are in the work tree. Other files are in no content tag and in no pipeline.
func (w *run) copyFiles(folder string) (string, error) {
	return folder, w.Copy(folder)
}

// keep remembers the digest of an image, or of one platform of it.
func (w *run) keep(image int, platform string, digest oci.Digest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.digests[image] == nil {
		w.digests[image] = map[string]oci.Digest{}
	}
	w.digests[image][platform] = digest
}

// make builds an image and tests it, unless another run did so meanwhile.
func (w *run) make(ctx context.Context, i int) error {
	if err := w.locations[i].Err; err != nil {
		return err
	}
	w.Progress.Begin(w.Project.Images[i].Name, "start")
	return w.workOn(ctx, i, func(t *task) error {
		if err := t.build(ctx); err != nil {
			return err
		}
		return t.finish(ctx)
	})
}

// workOn does a task while no other run works on the image.
func (w *run) workOn(ctx context.Context, i int, do func(*task) error) error {
	w.mu.Lock()
	w.began[i] = w.Now()
	w.mu.Unlock()
	unlock, err := w.Store.Lock(ctx, w.Project.Images[i].Reference.String())
	if err != nil {
		return err
	}
	defer unlock()
	t, err := w.newTask(i)
	if err != nil {
		return err
	}
	defer t.log.Close()
	return t.failed(do(t))
}

// isTested reports whether a build of an image passed the tests that it has now.
func (s Session) isTested(i int, digest oci.Digest) bool {
	image := s.Project.Images[i]
	return image.requiredTests() == "" || s.Store.IsMarked(digest, testMark(image))
}

// testMark is the mark of an image that passed exactly these tests.
func testMark(image Image) string {
	return "tested-" + strings.ReplaceAll(image.requiredTests(), " ", "-")
}

// each calls do for every image to work on, after its parents, and ended for each result as soon as it is known.
func (w *run) each(ctx context.Context, atOnce int, do func(ctx context.Context, image int) error, ended func(image int, r Result)) {
	needs := make([][]int, len(w.Project.Images))
	for i, image := range w.Project.Images {
		if w.plan.work[i] {
			needs[i] = image.Needs
		}
	}
	chain.Run(ctx, needs, atOnce,
		func(ctx context.Context, i int) error {
			if !w.plan.work[i] {
				return nil
			}
			return do(ctx, i)
		},
		func(i int, o chain.Outcome) {
			if w.plan.work[i] {
				r := w.result(i, o)
				r.isShown = true
				ended(i, r)
			}
		})
}

func (w *run) result(i int, o chain.Outcome) Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := Result{Image: w.Project.Images[i].Name}
	if o.Err != nil {
		r.Error = o.Err.Error()
	}
	if f, ok := w.failures[i]; ok {
		r.Error, r.Output = f.reason, f.last
	}
	if began, ok := w.began[i]; ok {
		r.Seconds = w.Now().Sub(began).Seconds()
	}
	if w.hasLog[i] {
		r.Log = w.logFile(i)
	}
	switch o.State {
	case chain.Done:
		r.State = WasTested
		if w.built[i] {
			r.State = WasBuilt
		}
	case chain.Skipped:
		r.State, r.Because = WasSkipped, w.Project.Images[o.Because].Name
	case chain.Cancelled:
		r.State = WasCancelled
	default:
		r.State = HasFailed
	}
	return r
}

// logFile uses no folders: a folder could have the name of another image's log.
func (w *run) logFile(i int) string {
	return filepath.Join(w.Logs, strings.ReplaceAll(w.Project.Images[i].Name, "/", "+")+".log")
}
