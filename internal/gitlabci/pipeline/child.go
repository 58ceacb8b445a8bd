package pipeline

import (
	"maps"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Child evaluates the child pipeline that a job starts. It reports false for a job that starts none.
func (p *Pipeline) Child(job Job) (*Pipeline, bool) {
	if job.Trigger == nil || job.Trigger.Include == nil {
		return nil, false
	}
	request := p.request
	request.include, request.Inputs = job.Trigger.Include, nil
	request.Kind.Name += "/" + job.Name
	request.Kind.Predefined = maps.Clone(request.Kind.Predefined)
	request.Kind.Predefined["CI_PIPELINE_SOURCE"] = "parent_pipeline"
	request.Kind.Variables = job.forwarded(p.request.Kind.Variables)
	return Evaluate(request), true
}

// forwarded are the variables that a trigger job hands down, given those of its pipeline.
func (j Job) forwarded(own variable.List) variable.List {
	var handed variable.List
	if j.Trigger.ForwardsYAML {
		handed = append(handed, j.Variables...)
	}
	if j.Trigger.ForwardsPipeline {
		handed = append(handed, own...)
	}
	values := j.scope.Values()
	var out variable.List
	for _, v := range handed {
		if !v.IsRaw {
			v.Value = variable.Expand(v.Value, values)
		}
		out = append(out, v)
	}
	return out
}
