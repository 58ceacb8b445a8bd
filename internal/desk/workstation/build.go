package workstation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Outcome has the results of a run.
type Outcome struct {
	Results []local.Result
	// Logs is the folder of the logs.
	Logs string
	Took time.Duration
}

// BuildOptions are the options of Build. It sets Chosen.
type BuildOptions struct {
	Options
	local.Request
}

// Build builds and tests the chosen images that neither their registry nor this machine has, and their missing parents.
func Build(ctx context.Context, p *project.Project, options BuildOptions) (Outcome, error) {
	return run(ctx, p, options.Options, func(w *workplace) ([]local.Result, error) {
		if err := w.checkImages(ctx); err != nil {
			return nil, err
		}
		options.Chosen = w.chosen
		return w.Build(ctx, options.Request)
	})
}

// checkImages checks what the compiler does not: the parents' places, and the files.
func (w *workplace) checkImages(ctx context.Context) error {
	wanted := w.family()
	if err := w.target.CheckParents(wanted); err != nil {
		return err
	}
	if err := w.project.RequireTracked(ctx, wanted); err != nil {
		return err
	}
	if w.project.Found.HasErrors() {
		return w.project.Print(w.options.Std, "text")
	}
	return nil
}

// Forecast says what Build would do, and why.
type Forecast struct {
	Images []local.Forecast
	look   terminal.Look
}

// Preview returns what Build would do. It builds nothing.
func Preview(ctx context.Context, p *project.Project, options BuildOptions) (Forecast, error) {
	options.Quiet = true
	w, err := open(ctx, p, options.Options)
	if err != nil {
		return Forecast{}, err
	}
	defer w.close()
	if err := w.checkImages(ctx); err != nil {
		return Forecast{}, err
	}
	options.Chosen = w.chosen
	images, err := w.Forecast(ctx, options.Request)
	return Forecast{append([]local.Forecast{}, images...), cli.Look(options.Std.Out, p.Getenv)}, err
}

// Text returns a tree for people.
func (f Forecast) Text() string { return local.Forecasts(f.look, f.Images) }

// IsBad reports whether a registry did not say whether it has an image.
func (f Forecast) IsBad() bool {
	return slices.ContainsFunc(f.Images, func(image local.Forecast) bool { return image.Action == local.Unknown })
}

func run(ctx context.Context, p *project.Project, options Options, do func(*workplace) ([]local.Result, error)) (Outcome, error) {
	begun := time.Now()
	w, err := open(ctx, p, options)
	if err != nil {
		return Outcome{}, err
	}
	defer w.close()
	results, err := do(w)
	return Outcome{Results: append([]local.Result{}, results...), Logs: w.Logs, Took: time.Since(begun)}, err
}

// Text returns a summary for people.
func (o Outcome) Text() string {
	text := local.Summary(o.Results, o.Took)
	if slices.ContainsFunc(o.Results, func(r local.Result) bool { return r.Log != "" }) {
		text += fmt.Sprintf("Logs are in %s.\n", o.Logs)
	}
	return text
}

// IsBad reports whether an image failed, was skipped, or was cancelled.
func (o Outcome) IsBad() bool { return slices.ContainsFunc(o.Results, local.Result.IsBad) }
