package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// task is the work on one image.
type task struct {
	*run
	number int
	image  Image
	log    *os.File
	// watch is the log, as its jobs write to it.
	watch *watch
	// dir is the folder for the reports of its jobs.
	dir string
	// checkout makes a copy of the project's files that the tests may change.
	checkout func() (string, error)
	// lastBuilt is the image that the last build job made.
	lastBuilt oci.Digest
}

func (w *run) newTask(i int) (*task, error) {
	file := w.logFile(i)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for logs: %w", err)
	}
	log, err := w.openLog(i, file)
	if err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	t := &task{run: w, number: i, image: w.Project.Images[i], log: log, watch: &watch{Writer: log, progress: w.Progress, image: w.Project.Images[i].Name}}
	if t.dir, err = os.MkdirTemp(w.scratch, "job-"); err != nil {
		return nil, errors.Join(fmt.Errorf("make a folder for the job: %w", err), log.Close())
	}
	t.checkout = sync.OnceValues(func() (string, error) { return w.copyFiles(filepath.Join(t.dir, "project")) })
	return t, nil
}

// openLog opens the log of an image. It appends to a log of this run, and truncates one of another run.
func (w *run) openLog(i int, file string) (*os.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how := os.O_APPEND
	if !w.hasLog[i] {
		how = os.O_TRUNC
	}
	log, err := os.OpenFile(file, how|os.O_CREATE|os.O_WRONLY, 0o644)
	w.hasLog[i] = w.hasLog[i] || err == nil
	return log, err
}

// failed writes the error of a task to its log, and keeps the cause for the result.
func (t *task) failed(err error) error {
	if err == nil {
		return nil
	}
	fmt.Fprintln(t.log, terminal.Text(err.Error()))
	reason, last := t.watch.explain(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures[t.number] = failure{reason, last}
	return err
}

// build runs the jobs of the image up to the one that sets its tag: they build it, run the tests inside it, and then those outside it.
func (t *task) build(ctx context.Context) error {
	platforms := t.image.platforms()
	switch {
	case len(platforms) == 0:
		return t.buildAndVerify(ctx, nil, map[string]string{schema.VarSetTag: "true"})
	case !t.request.AllPlatforms:
		one := map[string]string{schema.VarPlatforms: "", schema.VarDistributionPlatform: own(platforms)}
		return t.buildAndVerify(ctx, one, map[string]string{schema.VarDistributionPlatform: own(platforms), schema.VarSetTag: "true"})
	}
	for _, platform := range platforms {
		one := map[string]string{schema.VarDistributionPlatform: platform}
		if err := t.buildAndVerify(ctx, one, one); err != nil {
			return err
		}
	}
	return t.buildJob(ctx, nil)
}

// buildAndVerify runs a build job and, if the image has tests outside it, a verify job, each with more variables.
func (t *task) buildAndVerify(ctx context.Context, build, verify map[string]string) error {
	if err := t.buildJob(ctx, build); err != nil || t.image.Verify == nil {
		return err
	}
	if err := t.keepName(ctx, t.lastBuilt); err != nil {
		return err
	}
	return t.verifyJob(ctx, verify)
}

// own returns this machine's platform, or the first one if the image is not built for this machine.
func own(platforms []string) string {
	if i := slices.IndexFunc(platforms, isOwn); i >= 0 {
		return platforms[i]
	}
	return platforms[0]
}

func (t *task) buildJob(ctx context.Context, more map[string]string) error {
	fmt.Fprintln(t.log, "What the job pushes stays on this machine until it is published.")
	if err := build.Run(ctx, t.buildEnv(t.variables(t.image.Build, more))); err != nil {
		return err
	}
	return t.readResult()
}

// verifyJob runs the tests outside the image. They find it by its name on this machine.
func (t *task) verifyJob(ctx context.Context, more map[string]string) error {
	builder, err := t.tools()
	if err != nil {
		return err
	}
	return verify.Run(ctx, verify.Env{
		Getenv: lookup(t.variables(t.image.Verify, more)), Registry: t.client, Advice: advise, Tests: &imagetest.Session{
			Log: t.jobLog(), Dir: output.Folder(t.dir), Now: t.Now, Checkout: t.checkout,
			Runner: func(context.Context) (imagetest.Runner, error) { return builder, nil },
			RunOutside: func(ctx context.Context, snippet, _ string) (int, string, error) {
				folder, err := t.checkout()
				if err != nil {
					return 0, "", err
				}
				return builder.RunOutside(ctx, folder, snippet, t.image.Reference.String())
			},
		},
	})
}

// finish adds the image to the storage of this machine, and marks it as tested.
func (t *task) finish(ctx context.Context) error {
	digest := t.digest(t.number, "")
	if err := t.keepName(ctx, digest); err != nil {
		return err
	}
	if t.isTested(t.number, digest) {
		return nil
	}
	return t.Store.Mark(digest, testMark(t.image))
}

// keepName gives the image with a digest its name in the storage of this machine.
func (t *task) keepName(ctx context.Context, digest oci.Digest) error {
	reference, err := t.server.At(t.image.Reference.Repository().At(digest))
	if err != nil {
		return err
	}
	builder, err := t.tools()
	if err != nil {
		return err
	}
	if err := builder.Keep(ctx, reference.String(), t.image.Reference.String()); err != nil {
		return fmt.Errorf("keep the image on this machine: %w", err)
	}
	return nil
}

// variables are those of a job: its own, those of every job, and the results of the jobs before it.
func (t *task) variables(variables, more map[string]string) map[string]string {
	all := maps.Clone(t.Project.Variables())
	maps.Copy(all, variables)
	t.addParents(all)
	if t.plan.force[t.number] {
		all[schema.VarForceRebuild] = "1"
	}
	maps.Copy(all, more)
	return all
}

func lookup(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func (t *task) jobLog() output.Log { return t.watch.log() }

// buildEnv is what a build job with these variables uses.
func (t *task) buildEnv(variables map[string]string) build.Env {
	environ := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		environ = append(environ, name+"="+variables[name])
	}
	return build.Env{
		Getenv: lookup(variables), Environ: environ, Dir: output.Folder(t.dir), Log: t.jobLog(), Now: t.Now, Registry: t.client, Advice: advise,
		Builder: func(context.Context) (build.Builder, error) { return t.tools() },
		Folder:  t.files, Checkout: t.checkout,
		Clone: func(ctx context.Context, address, commit, folder string) error {
			if address == "" { // the project's own
				return t.Clone(ctx, t.log, folder)
			}
			builder, err := t.tools()
			if err != nil {
				return err
			}
			return builder.Fetch(ctx, address, commit, folder)
		},
	}
}

// addParents adds the digests of the parents, and of the platforms of this image that are already built.
func (t *task) addParents(all map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, i := range append([]int{t.number}, t.image.Needs...) {
		for platform, digest := range t.digests[i] {
			name := t.Project.Images[i].Name
			if platform != "" {
				name += "@" + platform
			}
			all[schema.PrefixDigest+schema.DotenvSuffix(name)] = digest.String()
		}
	}
}

func (t *task) digest(image int, platform string) oci.Digest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.digests[image][platform]
}

// readResult reads the dotenv report of a build job.
func (t *task) readResult() error {
	file, err := os.Open(filepath.Join(t.dir, schema.DotenvFile))
	if err != nil {
		return fmt.Errorf("read the result of the build: %w", err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		rest, isDigest := strings.CutPrefix(name, schema.PrefixDigest+schema.DotenvSuffix(t.image.Name))
		if !isDigest {
			continue
		}
		digest, err := oci.ParseDigest(value)
		if err != nil {
			return fmt.Errorf("read the result of the build: %w", err)
		}
		t.lastBuilt = digest
		t.keep(t.number, strings.ToLower(strings.TrimPrefix(rest, "_")), digest)
	}
	return nil
}
