package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mostJobs is how many images are built at a time unless somebody asks for more: each of them keeps a disk and a network busy too.
const mostJobs = 8

func newBuildCommand(std cli.Streams, environ []string) *cobra.Command {
	var w localWork
	request := local.Request{AtOnce: min(runtime.NumCPU(), mostJobs)}
	cmd := w.command(projectCommand{
		use:   "build [IMAGE|GLOB...]",
		short: "Build and test the images that neither the registry nor this machine has, parents first",
		run: func(p *project, format string, args []string) error {
			return w.run(p, format, args, func(ctx context.Context, session local.Session, chosen []int) ([]local.Result, error) {
				request.Chosen = chosen
				wanted := session.Project.Family(chosen)
				if err := p.checkOtherProjects(w.destination, wanted); err != nil {
					return nil, err
				}
				if err := p.checkTracked(wanted); err != nil {
					return nil, err
				}
				return session.Build(ctx, request)
			})
		},
	}, std, environ)
	w.snapshots(cmd)
	flags := cmd.Flags()
	flags.IntVarP(&request.AtOnce, "jobs", "j", request.AtOnce, "how many images are built at a time")
	flags.BoolVar(&request.Force, "force", false, "build the named images even if they exist")
	flags.BoolVar(&request.AllPlatforms, "all-platforms", false, "build images for all of their platforms, not only for this machine's; needs an emulator")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if request.AtOnce < 1 {
			return cli.UsageError{Err: fmt.Errorf("--jobs is %d; it is at least 1", request.AtOnce)}
		}
		return nil
	}
	return cmd
}

// localWork is what the commands that work on images here have in common.
type localWork struct {
	environ           []string
	registry, logs    string
	nightly, snapshot bool
	destination       destination
}

func (w *localWork) command(c projectCommand, std cli.Streams, environ []string) *cobra.Command {
	w.environ = environ
	if c.formats == nil {
		c.formats = []string{"text", "json"}
	}
	c.args = cobra.ArbitraryArgs
	cmd := c.command(std, cli.Lookup(environ))
	cmd.Flags().StringVar(&w.registry, "registry", "", "the registry path for the images, such as registry.example.org/group/project; default: STEMMA_REGISTRY, or else localhost, for this machine only")
	cmd.Flags().StringVar(&w.logs, "logs", "", "the folder for the logs, one file for each image; default: a folder in the user's cache")
	return cmd
}

// snapshots adds the flags that make the images of a run ones that are never released.
func (w *localWork) snapshots(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&w.nightly, "nightly", false, "add the day to the tags of all images; these are never released")
	flags.BoolVar(&w.snapshot, "snapshot", false, "add the second to the tags of all images; these are never released")
}

// snapshotKind is the value of schema.VarSnapshot.
func (w *localWork) snapshotKind(p *project) (string, error) {
	switch {
	case w.nightly && w.snapshot:
		return "", cli.UsageError{Err: errors.New("--nightly and --snapshot exclude each other")}
	case w.nightly:
		return "nightly", nil
	case w.snapshot:
		return "snapshot", nil
	default:
		return p.getenv(schema.VarSnapshot), nil
	}
}

// settle finds out where the images of the run belong, and how their tags end. It returns what this adds to the variables of jobs.
func (w *localWork) settle(p *project) (map[string]string, error) {
	var err error
	if w.destination, err = p.destinationOf(w.registry); err != nil {
		return nil, err
	}
	kind, err := w.snapshotKind(p)
	if err != nil || kind == "" {
		return nil, err
	}
	begun := p.now().UTC()
	if w.destination.end, err = jobenv.SnapshotEnd(kind, begun); err != nil {
		return nil, cli.UsageError{Err: err}
	}
	return map[string]string{schema.VarSnapshot: kind, "CI_PIPELINE_CREATED_AT": begun.Format(time.RFC3339)}, nil
}

// run opens a session, does something with the named images, and prints the results.
func (w *localWork) run(p *project, format string, patterns []string, do func(context.Context, local.Session, []int) ([]local.Result, error)) error {
	if p.found.HasErrors() {
		return p.print(format)
	}
	chosen, err := p.chosenImages(patterns)
	if err != nil {
		return err
	}
	begun := time.Now()
	session, close, err := w.session(p, format)
	if err != nil {
		return err
	}
	defer close()
	results, err := do(p.ctx, session, chosen)
	if err != nil {
		return err
	}
	return conclude(p, format, session.Logs, results, time.Since(begun))
}

// conclude prints what became of the images, and where the logs are.
func conclude(p *project, format, logs string, results []local.Result, took time.Duration) error {
	var err error
	if format == "json" {
		err = encodeJSON(p.std.Out, local.Records(results))
	} else {
		err = local.Summary(p.std.Out, results, took)
		if slices.ContainsFunc(results, func(r local.Result) bool { return r.Log != "" }) {
			fmt.Fprintf(p.std.Out, "Logs are in %s.\n", logs)
		}
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(results, local.Result.IsBad) {
		return cli.ErrFindings
	}
	return nil
}

// board is a table on a terminal, lines in a log, and nothing where a program reads the results.
func (w *localWork) progress(p *project, format string) local.Progress {
	switch {
	case format == "json":
		return &local.Lines{Out: io.Discard}
	case isTerminal(p.std.Out):
		return local.NewTable(p.std.Out, time.Now, time.Second)
	default:
		return &local.Lines{Out: p.std.Out}
	}
}

// logFormat names the folder of a run by when it began.
const logFormat = "20060102-150405"

// logFolder is the folder for the logs of this run; runs that begin in one second share it, and each overwrites the logs of its images.
func (w *localWork) logFolder(p *project, cache string) (string, error) {
	if w.logs != "" {
		return filepath.Abs(w.logs)
	}
	return filepath.Join(cache, "logs", p.now().UTC().Format(logFormat)), nil
}

func (w *localWork) session(p *project, format string) (session local.Session, close func(), err error) {
	more, err := w.settle(p)
	if err != nil {
		return session, nil, err
	}
	images, err := p.localImages(w.destination)
	if err != nil {
		return session, nil, err
	}
	cache, err := p.cacheFolder()
	if err != nil {
		return session, nil, err
	}
	if session.Store, err = openStore(cache); err != nil {
		return session, nil, err
	}
	if session.Logs, err = w.logFolder(p, cache); err != nil {
		return session, nil, err
	}
	if session.Registry, err = registryConfig(p.getenv); err != nil {
		return session, nil, err
	}
	folder, err := scratch.New(buildah.Scratch)
	if err != nil {
		return session, nil, err
	}
	if err := sweepBuilds(p.ctx, w.environ, folder.Path); err != nil {
		fmt.Fprintf(p.std.Err, "stemma: warning: %s\n", terminal.Text(err.Error()))
	}
	sources := sources{project: p, environ: w.environ}
	session.Project = local.Project{Images: images, IsPublished: w.destination.isPublished(), Variables: sync.OnceValue(func() map[string]string {
		variables := sources.variables(w.destination)
		maps.Copy(variables, more)
		return variables
	})}
	session.Builder = local.Buildah(w.environ, folder.Path)
	session.Source, session.Clone = p.tree, sources.clone
	session.Progress, session.Now = w.progress(p, format), time.Now
	return session, func() { _ = folder.Close() }, nil
}
