package poke

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

// followPause is the pause between two looks at a pipeline.
const followPause = 15 * time.Second

// follow waits for the pipelines of the dependents that want it. A job's time limit ends it.
func (p *poker) follow(ctx context.Context) {
	for _, s := range p.started {
		if !s.wait {
			continue
		}
		p.Log.Printf("%s: wait for pipeline %d.", s, s.pipeline.ID)
		end, err := p.end(ctx, s)
		switch {
		case err != nil && isOutside(err):
			p.outside = errors.Join(p.outside, fmt.Errorf("wait for %s: %w", s.pipeline.URL, err))
		case err != nil:
			s.token = p.token // which is what asked
			p.fail("%s: its pipeline cannot be followed: %s", s, p.advice(s.dependent, err))
		default:
			p.judge(ctx, s, end)
		}
	}
}

// end waits until a pipeline has ended, and returns it.
func (p *poker) end(ctx context.Context, s started) (gitlab.Pipeline, error) {
	for {
		now, err := p.client.Pipeline(ctx, s.dependent.project, s.pipeline.ID)
		if err != nil || now.Status.IsEnd() {
			return now, err
		}
		if err := p.Wait(ctx, followPause); err != nil {
			return now, err
		}
	}
}

// judge reports how a pipeline ended. A failed pipeline fails the job only if the dependent's last pipeline without a poke passed.
func (p *poker) judge(ctx context.Context, s started, end gitlab.Pipeline) {
	switch end.Status {
	case gitlab.Success, gitlab.Skipped:
		p.isOver(s)
		p.Log.Printf("%s: %s: %s", s, end.Status, end.URL)
	case gitlab.Manual:
		p.isOver(s)
		p.Log.Printf("%s: it waits for somebody to press a play button: %s", s, end.URL)
	default:
		before, err := p.before(ctx, s)
		switch {
		case err != nil:
			p.fail("%s: %s: %s; it is not known how the one before ended: %v", s, end.Status, end.URL, err)
		case before.Status == gitlab.Failed:
			p.isOver(s)
			p.Log.Printf("%s: %s, as was the project's own last pipeline before, so the poke is not to blame: %s and %s", s, end.Status, end.URL, before.URL)
		default:
			p.fail("%s: %s: %s", s, end.Status, end.URL)
		}
	}
}

// isOver records that a retry of the job need not wait for a dependent again.
func (p *poker) isOver(s started) {
	p.told.Failed = slices.DeleteFunc(p.told.Failed, func(name string) bool { return name == s.String() })
}

// before is the dependent's last pipeline on the branch that ended before the poke and that no other project started.
func (p *poker) before(ctx context.Context, s started) (gitlab.Pipeline, error) {
	found, err := p.client.Pipelines(ctx, s.dependent.project, gitlab.PipelineFilter{Ref: s.ref})
	if err != nil {
		return gitlab.Pipeline{}, err
	}
	for _, one := range found {
		hasResult := one.Status == gitlab.Success || one.Status == gitlab.Failed
		if one.ID < s.pipeline.ID && hasResult && one.Source != "pipeline" && one.Source != "trigger" {
			return one, nil
		}
	}
	return gitlab.Pipeline{}, nil
}
