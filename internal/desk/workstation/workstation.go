// Package workstation builds, publishes and removes the images of a project on a developer's machine.
package workstation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/checkout"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Options say which images to work on, and where they belong.
type Options struct {
	// Images has names and patterns of images. Without any, all images are chosen.
	Images []string
	// Registry is the registry path of the images; see target.Find.
	Registry string
	// Logs is the folder for the logs; if it is empty, they are in the user's cache.
	Logs string
	// Nightly and Snapshot append the day or the second to all tags.
	Nightly, Snapshot bool
	// Std shows progress. It does not if Quiet is set: a program reads the results.
	Std   cli.Streams
	Quiet bool
}

// workplace is a project on this machine that is ready to work on.
type workplace struct {
	local.Session
	project *project.Project
	target  target.Target
	options Options
	// chosen has the indexes of the chosen images.
	chosen []int
	// cache is the folder of the project in the user's cache.
	cache string
	close func()
}

func open(ctx context.Context, p *project.Project, options Options) (*workplace, error) {
	w := &workplace{project: p, options: options}
	var err error
	if w.chosen, err = p.Choose(options.Images); err != nil {
		return nil, err
	}
	if w.target, err = target.Find(p, options.Registry); err != nil {
		return nil, err
	}
	more, err := w.addSuffix()
	if err != nil {
		return nil, err
	}
	images, err := w.target.Images(p)
	if err != nil {
		return nil, err
	}
	w.Project = local.Project{Images: images, IsPublished: w.target.IsPublished(), Variables: sync.OnceValue(func() map[string]string {
		variables := w.target.Variables(ctx, p)
		maps.Copy(variables, more)
		return variables
	})}
	w.Now = time.Now
	w.Copy = func(folder string) error { return checkout.Copy(p, folder) }
	w.Clone = func(ctx context.Context, log io.Writer, folder string) error {
		return checkout.Clone(ctx, p, log, folder)
	}
	return w, w.equip(ctx)
}

// equip opens the tools of this machine.
func (w *workplace) equip(ctx context.Context) (err error) {
	p := w.project
	if w.cache, err = cacheFolder(p); err != nil {
		return err
	}
	if w.Store, err = store.Open(filepath.Join(w.cache, "images")); err != nil {
		return err
	}
	if w.Logs, err = w.logFolder(); err != nil {
		return err
	}
	if w.Registry, err = registries.Config(p.Getenv); err != nil {
		return err
	}
	folder, err := local.NewScratch()
	if err != nil {
		return err
	}
	w.close = func() { _ = folder.Close() } // the next run removes what remains
	if err := local.SweepDead(ctx, p.Environ, folder); err != nil {
		fmt.Fprintf(w.options.Std.Err, "stemma: warning: %s\n", terminal.Text(err.Error()))
	}
	w.Builder = local.Buildah(p.Environ, folder.Path)
	w.Progress = w.progress()
	return nil
}

// addSuffix adds the suffix of a snapshot to the tags of all images. It returns the variables that jobs of a snapshot have in addition.
func (w *workplace) addSuffix() (map[string]string, error) {
	kind := w.project.Getenv(schema.VarSnapshot)
	switch {
	case w.options.Nightly && w.options.Snapshot:
		return nil, cli.Usagef("--nightly and --snapshot exclude each other")
	case w.options.Nightly:
		kind = "nightly"
	case w.options.Snapshot:
		kind = "snapshot"
	case kind == "":
		return nil, nil
	}
	begun := w.project.Now().UTC()
	var err error
	if w.target.TagSuffix, err = jobenv.SnapshotEnd(kind, begun); err != nil {
		return nil, cli.UsageError{Err: err}
	}
	return map[string]string{schema.VarSnapshot: kind, "CI_PIPELINE_CREATED_AT": begun.Format(time.RFC3339)}, nil
}

// redrawEvery is how often a terminal is drawn again where something changed.
const redrawEvery = 100 * time.Millisecond

// progress shows a tree on a terminal, and lines otherwise.
func (w *workplace) progress() local.Progress {
	switch out := w.options.Std.Out; {
	case w.options.Quiet:
		return &local.Lines{Out: io.Discard}
	case cli.IsTerminal(out) && w.project.Getenv("TERM") != "dumb":
		look := func() (terminal.Look, int) { return cli.Look(out, w.project.Getenv), cli.Height(out) }
		return local.NewTable(local.Screen{Out: out, Look: look, Now: time.Now}, redrawEvery)
	default:
		return &local.Lines{Out: out}
	}
}

// cacheFolder returns the folder for a project's images and logs. It is in the user's cache: a Containerfile would copy files in the
// project.
func cacheFolder(p *project.Project) (string, error) {
	base := p.Getenv("XDG_CACHE_HOME")
	if base == "" {
		if p.Getenv("HOME") == "" {
			return "", cli.Usagef("HOME is not set: it, or XDG_CACHE_HOME, says where images are kept")
		}
		base = filepath.Join(p.Getenv("HOME"), ".cache")
	}
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, "stemma", filepath.Base(dir)+"-"+hex.EncodeToString(sum[:4])), nil
}

// logFormat is the name of a run's folder of logs: the time when it began.
const logFormat = "20060102-150405"

// logFolder returns the folder for the logs of this run. Runs that begin in the same second share it.
func (w *workplace) logFolder() (string, error) {
	if w.options.Logs != "" {
		return filepath.Abs(w.options.Logs)
	}
	return filepath.Join(w.cache, "logs", w.project.Now().UTC().Format(logFormat)), nil
}

// family returns the chosen images and their ancestors.
func (w *workplace) family() []*lineage.Image {
	var images []*lineage.Image
	for i, isWanted := range w.Project.Family(w.chosen) {
		if isWanted {
			images = append(images, w.project.Graph.Images[i])
		}
	}
	return images
}
