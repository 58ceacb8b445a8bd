package local

import (
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
)

// release moves the released tags of an image, as the release job does. It skips an image that this machine has not tested.
func (p *publisher) release(ctx context.Context, i int, r Result) Result {
	image, digest := p.Project.Images[i], p.locations[i].Local
	isOurs := r.State == WasPushed || digest == p.locations[i].Published && !digest.IsZero() && p.isTested(i, digest)
	if image.Release == nil || !isOurs {
		return r
	}
	p.keep(i, "", digest)
	outcome, err := p.releaseJob(ctx, i)
	r.Log = p.logFile(i)
	if err != nil {
		r.State, r.Error, r.isShown = HasFailed, "release it: "+err.Error(), false
		if ctx.Err() != nil {
			r.State = WasCancelled
		}
		return r
	}
	tags := make([]string, len(outcome.Moves))
	for n, move := range outcome.Moves {
		tags[n] = move.Reference
	}
	switch {
	case outcome.Stays != "":
		r.Note = "not released: " + outcome.Stays
	case len(tags) > 0:
		r.Note = "released as " + strings.Join(tags, ", ")
	}
	return r
}

func (p *publisher) releaseJob(ctx context.Context, i int) (outcome record.Outcome, err error) {
	t, err := p.newTask(i)
	if err != nil {
		return outcome, err
	}
	defer t.log.Close()
	env := release.Env{Getenv: lookup(t.variables(t.image.Release, nil)), Log: t.jobLog(), Dir: output.Folder(t.dir), Now: t.Now, Registry: p.registry}
	if err := release.Run(ctx, env); err != nil {
		return outcome, t.failed(err)
	}
	return record.ReadOutcome(t.dir)
}
