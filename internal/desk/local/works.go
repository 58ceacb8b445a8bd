package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/desk/chain"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// works are the builds of one run.
type works struct {
	*visit
	request Request
	plan    plan
	sights  []Sight
	folder  *scratch.Folder
	scratch string
	// builder is made when something is first built or tested.
	builder func() (Builder, error)
	made    Builder
	// files are the project's files as they are now, copied once, when an image first reads them.
	files func() (string, error)

	mu sync.Mutex
	// digests are those of the images that there are, by number and, for one platform, its name.
	digests map[int]map[string]oci.Digest
	// began, built and hasLog say of each image when its work began, and whether it was built and has a log of this run.
	began         map[int]time.Time
	built, hasLog map[int]bool
}

func (v *visit) newWorks(ctx context.Context, request Request, sights []Sight, p plan) (*works, error) {
	w := &works{visit: v, request: request, plan: p, sights: sights, digests: map[int]map[string]oci.Digest{}, began: map[int]time.Time{}, built: map[int]bool{}, hasLog: map[int]bool{}}
	w.builder = sync.OnceValues(func() (made Builder, err error) {
		made, err = v.Builder(ctx, v.client, v.server.Host)
		w.made = made
		return made, err
	})
	var err error
	if w.folder, err = scratch.New("works"); err != nil {
		return nil, err
	}
	w.scratch = w.folder.Path
	w.files = sync.OnceValues(func() (string, error) { return w.copyFiles(filepath.Join(w.scratch, "project")) })
	for i, s := range sights {
		if p.work[i] {
			continue
		}
		w.keep(i, "", s.digest())
	}
	return w, nil
}

// close leaves nothing of the run on the machine but the images: the names that builders gave them while they came from the server
// mean nothing from now on.
func (w *works) close() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if w.made != nil {
		names, _ := w.made.Names(ctx, w.server.Host+"/") // those that are left are in nobody's way
		for _, name := range names {
			_ = w.made.Forget(ctx, name)
		}
	}
	_ = w.folder.Close() // what stays is removed by the next run
}

// copyFiles copies what git has of the project, as it is in the work tree: what else lies there is in no tag, and in no pipeline.
func (w *works) copyFiles(folder string) (string, error) {
	if err := os.CopyFS(folder, w.Source); err != nil {
		return "", fmt.Errorf("copy the project's files: %w", err)
	}
	return folder, nil
}

// keep notes the digest of an image, or of one platform of it.
func (w *works) keep(image int, platform string, digest oci.Digest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.digests[image] == nil {
		w.digests[image] = map[string]oci.Digest{}
	}
	w.digests[image][platform] = digest
}

// make builds an image and tests it, unless another run has done so since.
func (w *works) make(ctx context.Context, i int) error {
	if err := w.sights[i].Err; err != nil {
		return err
	}
	w.begin(i)
	image := w.Project.Images[i]
	unlock, err := w.Store.Lock(ctx, image.Reference.String())
	if err != nil {
		return err
	}
	defer unlock()
	t, err := w.newTask(i)
	if err != nil {
		return err
	}
	defer t.log.Close()
	w.Board.Begin(image.Name, "building")
	if err := t.build(ctx); err != nil {
		return t.failed(err)
	}
	return t.failed(t.finish(ctx))
}

func (w *works) begin(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began[i] = w.Now()
}

// isTested reports whether a build of an image passed the tests that it has now.
func (y Yard) isTested(i int, digest oci.Digest) bool {
	image := y.Project.Images[i]
	return image.requiredTests() == "" || y.Store.IsMarked(digest, testMark(image))
}

// testMark is what an image is marked with that passed its tests: these tests, and no others.
func testMark(image Image) string {
	return "tested-" + strings.ReplaceAll(image.requiredTests(), " ", "-")
}

func (w *works) result(numbers []int, task int, o chain.Outcome) Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := numbers[task]
	r := Result{Image: w.Project.Images[i].Name, Err: o.Err}
	if began, ok := w.began[i]; ok {
		r.Took = w.Now().Sub(began)
	}
	if log := w.logFile(i); isFile(log) {
		r.Log = log
	}
	switch o.State {
	case chain.Done:
		r.State = WasTested
		if w.built[i] {
			r.State = WasBuilt
		}
	case chain.Skipped:
		r.State, r.Because = WasSkipped, w.Project.Images[numbers[o.Because]].Name
	case chain.Cancelled:
		r.State = WasCancelled
	default:
		r.State = HasFailed
	}
	return r
}

// logFile is flat: a folder may be called as the log of another image.
func (w *works) logFile(i int) string {
	return filepath.Join(w.Logs, strings.ReplaceAll(w.Project.Images[i].Name, "/", "+")+".log")
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
