package workstation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
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
		wanted := w.family()
		if err := w.target.CheckParents(wanted); err != nil {
			return nil, err
		}
		if err := p.RequireTracked(ctx, wanted); err != nil {
			return nil, err
		}
		if p.Found.HasErrors() {
			return nil, p.Print(options.Std, "text")
		}
		options.Chosen = w.chosen
		return w.Build(ctx, options.Request)
	})
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
