//go:build chaos

package chaos_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// pipeline is a pipeline of the project, as GitLab has it.
type pipeline struct {
	id         int64
	commit     *commit
	predefined map[string]string
	jobs       []gitlabci.Job
	variables  variable.List
	// results are those of the jobs that have run.
	results map[string]*result
	// isHealthy says that nothing fails around it.
	isHealthy bool
	// slot is the folder of the runner that its jobs run in.
	slot string
	// victim is the job that is killed; nil for none.
	victim *murder
}

// result is what a job left.
type result struct {
	isPassed  bool
	dotenv    variable.List
	artifacts map[string][]byte
}

// kinds of pipelines.
const (
	push         = "push"
	mergeRequest = "merge_request_event"
	schedule     = "schedule"
	triggered    = "pipeline"
)

// start creates a pipeline for a commit.
func (w *world) start(source string, c *commit, slot string, variables map[string]string) *pipeline {
	id := w.gitlab.AddPipeline(gitlabtest.Pipeline{Project: w.name + "/project", Ref: "main", Source: source, Status: "running"}, "", time.Now())
	return w.create(id, source, c, slot, variables)
}

// create evaluates the jobs of a pipeline.
func (w *world) create(id int64, source string, c *commit, slot string, variables map[string]string) *pipeline {
	p := &pipeline{id: id, commit: c, slot: slot, results: map[string]*result{}, predefined: w.predefined(source, c, id)}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		p.variables = append(p.variables, variable.Variable{Name: name, Value: variables[name]})
	}
	evaluated := gitlabci.Evaluate(gitlabci.Request{
		Project:  &config.Project{Path: w.name + "/project", Tree: os.DirFS(c.folder)},
		Kind:     gitlabci.Kind{Name: source, Predefined: p.predefined, Variables: p.variables},
		Settings: listed(w.settings),
	})
	if evaluated.Outcome != gitlabci.Created {
		w.Fatalf("the pipeline is %s: %v", evaluated.Outcome, evaluated.Problems)
	}
	p.jobs = evaluated.Jobs
	w.pipelines = append(w.pipelines, p)
	w.logf("pipeline %d: %s, version %d, base %s, child %s, %v", id, source, c.version, quality(c.badBase), quality(c.badChild), variables)
	return p
}

// runAll runs the jobs of a pipeline, one after the other in the order of stages and needs. It reports whether all passed.
func (w *world) runAll(ctx context.Context, p *pipeline) bool {
	isPassed := true
	for _, job := range p.jobs {
		if ctx.Err() != nil {
			w.logf("pipeline %d: canceled before %s", p.id, job.Name)
			return false
		}
		if r := p.results[job.Name]; r != nil && r.isPassed {
			continue
		}
		if !p.mayStart(job) {
			w.logf("pipeline %d: %s is skipped", p.id, job.Name)
			isPassed = false
			continue
		}
		isPassed = w.runJob(ctx, p, job) && isPassed
	}
	return isPassed
}

// mayStart reports whether all that a job waits for has passed.
func (p *pipeline) mayStart(job gitlabci.Job) bool {
	for _, other := range p.jobs {
		r := p.results[other.Name]
		if p.waits(job, other) && (r == nil || !r.isPassed) {
			return false
		}
	}
	return true
}

// waits reports whether a job waits for another one: one that it needs, or without needs one of an earlier stage.
func (p *pipeline) waits(job, other gitlabci.Job) bool {
	if job.HasNeeds {
		return slices.ContainsFunc(job.Needs, func(n config.Need) bool { return n.Job == other.Name })
	}
	stages := []string{"build", "test", "deploy"}
	return slices.Index(stages, other.Stage) < slices.Index(stages, job.Stage)
}

// received are the results whose files and variables a job gets.
func (p *pipeline) received(job gitlabci.Job) []*result {
	var out []*result
	for _, other := range p.jobs {
		if r := p.results[other.Name]; r != nil && r.isPassed && p.waits(job, other) {
			out = append(out, r)
		}
	}
	return out
}

// runJob runs a job until it has passed or GitLab does not repeat it any more.
func (w *world) runJob(ctx context.Context, p *pipeline, job gitlabci.Job) bool {
	if group := job.Keys.Get("resource_group"); group != nil {
		lock := w.resource(strings.Join(group.Texts(), ""))
		lock.Lock()
		defer lock.Unlock()
	}
	for try := 0; ; try++ {
		end := w.process(ctx, p, job)
		p.results[job.Name] = end.result
		if end.isPassed || try == 2 || ctx.Err() != nil || !end.isKilled && !isRepeated(job, end.code) {
			return end.isPassed
		}
		w.logf("pipeline %d: GitLab repeats %s", p.id, job.Name)
	}
}

// resource is what jobs with a resource_group wait for.
func (w *world) resource(name string) *sync.Mutex {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.resources[name] == nil {
		w.resources[name] = &sync.Mutex{}
	}
	return w.resources[name]
}

// isRepeated reports whether GitLab repeats a job with an exit code.
func isRepeated(job gitlabci.Job, code int) bool {
	retry := job.Keys.Get("retry")
	if retry == nil || retry.Kind != ciyaml.Map {
		return false
	}
	return code == 3 && slices.Contains(retry.Get("exit_codes").Texts(), "3")
}

// variablesOf are those that a job finds, the strongest last.
func (w *world) variablesOf(p *pipeline, job gitlabci.Job, own map[string]string) map[string]string {
	all := listed(p.predefined)
	all = append(all, listed(own)...)
	all = append(all, job.Variables...)
	for _, r := range p.received(job) {
		all = append(all, r.dotenv...)
	}
	all = append(append(all, listed(w.settings)...), p.variables...)
	values, err := all.Expanded()
	w.must(err)
	return values
}

func listed(values map[string]string) variable.List {
	var out variable.List
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, variable.Variable{Name: name, Value: values[name], IsRaw: true})
	}
	return out
}
