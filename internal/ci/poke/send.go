package poke

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

const (
	// maxSends limits how often a pipeline is requested if answers are lost and no pipeline is found.
	maxSends = 3
	// looks is how often the job looks for the pipeline after each request: GitLab may still be creating it.
	looks = 3
	// lookPause is how long to wait before the first look; twice as long before each next one.
	lookPause = 5 * time.Second
)

// send starts a pipeline. GitLab has no idempotency keys for requests: if an answer is lost, send looks for the pipeline, and requests it
// again only if there is none.
func (p *poker) send(ctx context.Context, d dependent) (gitlab.Pipeline, error) {
	for sent := 1; ; sent++ {
		pipeline, err := p.client.Trigger(ctx, d.project, d.token, p.values(d))
		if !gitlab.IsLost(err) {
			return pipeline, err
		}
		p.Log.Printf("%s: %v; look whether the pipeline was started.", d, err)
		found, lookErr := p.look(ctx, d)
		switch {
		case lookErr != nil:
			p.isUnsure = true
			return gitlab.Pipeline{}, fmt.Errorf("it is not known whether a pipeline was started, since the answer was lost (%w) and the project's pipelines cannot be read (%w); see %s, and run this job again if there is none", err, lookErr, p.pipelinesOf(d))
		case found != nil:
			return *found, nil
		case sent == maxSends:
			return gitlab.Pipeline{}, err
		}
		p.Log.Printf("%s: there is none; ask again.", d)
	}
}

// look returns the pipeline that a request without an answer started; nil if there is none.
func (p *poker) look(ctx context.Context, d dependent) (*gitlab.Pipeline, error) {
	pause := lookPause
	for range looks {
		if err := p.Wait(ctx, pause); err != nil {
			return nil, err
		}
		pause *= 2
		found, err := p.candidates(ctx, d)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			p.Log.Printf("%s: pipeline %d was started there by the same kind of token since this job began; it is taken for the one.", d, found[0].ID)
			return &found[0], nil
		}
	}
	return nil, nil
}

// candidates are the pipelines that this job may have started, the oldest first: on the branch, by the same kind of token,
// since the job began, and not known by an answer. Where the project names its pipelines after waves, the name decides.
func (p *poker) candidates(ctx context.Context, d dependent) ([]gitlab.Pipeline, error) {
	begin := p.begin()
	source := "pipeline"
	if d.token.Kind() == gitlab.Trigger {
		source = "trigger"
	}
	found, err := p.client.Pipelines(ctx, d.project, gitlab.PipelineFilter{Ref: d.ref, Source: source, After: begin})
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return slices.DeleteFunc(found, func(one gitlab.Pipeline) bool {
		words := strings.FieldsFunc(one.Name, func(r rune) bool { return r == ' ' || r == ',' || r == ':' })
		isOther := slices.Contains(words, p.wave.String()) && !slices.Contains(words, p.name.String())
		return isOther || one.Created.Before(begin) || p.isKnown(one)
	}), nil
}

func (p *poker) isKnown(one gitlab.Pipeline) bool {
	return slices.ContainsFunc(p.started, func(s started) bool { return s.pipeline.ID == one.ID })
}

// begin is when the job had begun for sure by GitLab's clock, or somewhat before by our own. GitLab says it in whole seconds, and a pipeline
// of that very second may be older than the job: to poke twice does no harm, and to take another poke for this one would lose it.
func (p *poker) begin() time.Time {
	if begin, err := time.Parse(time.RFC3339, p.Getenv("CI_JOB_STARTED_AT")); err == nil {
		return begin.Add(time.Second)
	}
	return p.Now().Add(-time.Minute)
}

// pipelinesOf is where a person finds a dependent's pipelines.
func (p *poker) pipelinesOf(d dependent) string {
	return strings.TrimSuffix(p.Getenv("CI_SERVER_URL"), "/") + "/" + d.project.String() + "/-/pipelines"
}
