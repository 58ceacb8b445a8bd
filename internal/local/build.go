package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/chain"
	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Build makes sure that the images which are asked for exist, tested, and with them what they are built from: those that neither
// their registry nor this machine has are built, in their order. It goes on past failures; a result says what became of each image
// that was asked for or worked on. The error is one of the whole run.
func (y Yard) Build(ctx context.Context, request Request) ([]Result, error) {
	defer y.Board.Close()
	registry, err := oci.NewClient(y.Registry)
	if err != nil {
		return nil, err
	}
	wanted := y.Project.Family(request.Chosen)
	sights := look(ctx, registry, y.Store, y.Project, wanted)
	p := choose(y.Project, request, sights, func(i int) bool { return y.isTested(i, sights[i].Here) })
	results := y.standing(request.Chosen, sights, p)
	numbers, needs := p.tasks(y.Project)
	if len(numbers) == 0 {
		return results, nil
	}
	v, err := y.open(y.hereOf(sights, p))
	if err != nil {
		return nil, err
	}
	defer v.server.Close()
	w, err := v.newWorks(ctx, request, sights, p)
	if err != nil {
		return nil, err
	}
	defer w.close()
	chain.Run(ctx, needs, request.AtOnce,
		func(ctx context.Context, task int) error { return w.make(ctx, numbers[task]) },
		func(task int, o chain.Outcome) {
			results = append(results, w.result(numbers, task, o))
			y.Board.End(results[len(results)-1])
		})
	return results, nil
}

// standing are the results of what was asked for and is there.
func (y Yard) standing(chosen []int, sights []Sight, p plan) []Result {
	var results []Result
	for _, i := range chosen {
		if p.work[i] {
			continue
		}
		state := IsHere
		if !sights[i].Published.IsZero() {
			state = IsPublished
		}
		results = append(results, Result{Image: y.Project.Images[i].Name, State: state})
	}
	return results
}

// hereOf are the repositories that the store answers for: of the images that are worked on, and of those that only it has.
func (y Yard) hereOf(sights []Sight, p plan) map[oci.Repository]bool {
	here := map[oci.Repository]bool{}
	for i, image := range y.Project.Images {
		here[image.Reference.Repository()] = p.work[i] || sights[i].Published.IsZero()
	}
	return here
}

// tasks are the images to work on, by number, and which of these each one needs.
func (c plan) tasks(p Project) (numbers []int, needs [][]int) {
	task := make(map[int]int)
	for i := range p.Images {
		if c.work[i] {
			task[i] = len(numbers)
			numbers = append(numbers, i)
		}
	}
	needs = make([][]int, len(numbers))
	for t, i := range numbers {
		for _, parent := range p.Images[i].Needs {
			if n, ok := task[parent]; ok {
				needs[t] = append(needs[t], n)
			}
		}
	}
	return numbers, needs
}

// works are the builds of one run.
type works struct {
	*visit
	request Request
	plan    plan
	sights  []Sight
	builder Builder
	scratch string
	// files are the project's files as they are now, copied once, when an image first reads them.
	files func() (string, error)

	mu sync.Mutex
	// digests are those of the images that there are, by number and, for one platform, its name.
	digests map[int]map[string]oci.Digest
	// began, and built, of each image.
	began map[int]time.Time
	built map[int]bool
}

func (v *visit) newWorks(ctx context.Context, request Request, sights []Sight, p plan) (*works, error) {
	w := &works{visit: v, request: request, plan: p, sights: sights, digests: map[int]map[string]oci.Digest{}, began: map[int]time.Time{}, built: map[int]bool{}}
	var err error
	if w.builder, err = v.Builder(ctx, v.client, v.server.Host); err != nil {
		return nil, err
	}
	if w.scratch, err = os.MkdirTemp("", "stemma-"); err != nil {
		return nil, fmt.Errorf("make a folder for the builds: %w", err)
	}
	w.files = sync.OnceValues(w.copyFiles)
	for i, s := range sights {
		if p.work[i] {
			continue
		}
		digest := s.Published
		if digest.IsZero() {
			digest = s.Here
		}
		w.keep(i, "", digest)
	}
	return w, nil
}

// close leaves nothing of the run on the machine but the images: the names that builders gave them while they came from the server
// mean nothing from now on.
func (w *works) close() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	names, _ := w.builder.Names(ctx, w.server.Host+"/") // they are in nobody's way
	for _, name := range names {
		_ = w.builder.Forget(ctx, name)
	}
	_ = os.RemoveAll(w.scratch)
}

// copyFiles copies what git has of the project, as it is in the work tree: what else lies there is in no tag, and in no pipeline.
func (w *works) copyFiles() (string, error) {
	folder := filepath.Join(w.scratch, "project")
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
	w.mu.Lock()
	w.began[i] = w.Now()
	w.mu.Unlock()
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

// isTested reports whether a build of an image passed the tests that it has now.
func (y Yard) isTested(i int, digest oci.Digest) bool {
	image := y.Project.Images[i]
	return image.Verify == nil || y.Store.IsMarked(digest, testMark(image))
}

// testMark is what an image is marked with that passed its tests: these tests, and no others.
func testMark(image Image) string {
	sum := sha256.Sum256([]byte(image.Verify[schema.VarTests]))
	return "tested-" + hex.EncodeToString(sum[:8])
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

func (w *works) logFile(i int) string {
	return filepath.Join(w.Logs, filepath.FromSlash(w.Project.Images[i].Name)+".log")
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
