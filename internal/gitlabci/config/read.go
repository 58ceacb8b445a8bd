package config

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

// reader checks a configuration and makes typed values of it.
type reader struct {
	problems *problem.List
	warnings []string
	// defaults is `default`, with the same keys where they are written at the top.
	defaults *ciyaml.Value
	// hasWorkflow says that the workflow has rules, so that jobs without rules are in all pipelines.
	hasWorkflow bool
}

var (
	rootKeys    = []string{"default", "include", "before_script", "image", "services", "after_script", "variables", "stages", "cache", "workflow"}
	oldDefaults = []string{"before_script", "image", "services", "after_script", "cache"}
	defaultKeys = []string{
		"before_script", "after_script", "hooks", "cache", "image", "services", "interruptible", "timeout", "retry", "tags", "artifacts", "id_tokens",
	}
)

// Read reads a configuration that is complete: with its includes, inputs, `extends` and references in their places.
func Read(top *ciyaml.Value) (*Config, problem.List) {
	r := &reader{problems: &problem.List{}, defaults: &ciyaml.Value{Kind: ciyaml.Map, At: top.At}}
	workflow := keyword(top, "workflow")
	r.hasWorkflow = workflow.Has("rules")
	r.readDefaults(top)
	out := &Config{Stages: r.stages(top), Workflow: r.workflow(workflow)}
	out.Variables = r.variables(top.Get("variables"), "variables", "value", "description", "expand", "options")
	for _, field := range top.Fields {
		if job := r.topJob(field); job != nil {
			out.Jobs = append(out.Jobs, job)
		}
	}
	if len(out.Jobs) == 0 {
		r.fail(top, "jobs", "config should contain at least one visible job")
	}
	if len(*r.problems) == 0 {
		out.Jobs = r.expandParallel(out.Jobs)
		r.checkJobs(out)
	}
	if len(*r.problems) > 0 {
		return nil, *r.problems
	}
	out.Warnings = r.warnings
	return out, nil
}

// keyword is the value of a keyword, or nil. Where it looks like a job, GitLab takes it for one.
func keyword(top *ciyaml.Value, name string) *ciyaml.Value {
	if v := top.Get(name); !isJob(v) {
		return v
	}
	return nil
}

func isJob(v *ciyaml.Value) bool {
	return v.Has("script") || v.Has("run") || v.Has("trigger") || v.Has("needs")
}

// topJob reads a key of the top that is a job. It is nil for keywords, hidden jobs and what is no job.
func (r *reader) topJob(field ciyaml.Field) *Job {
	v, where := field.Value, "jobs:"+field.Name
	isReserved := slices.Contains(rootKeys, field.Name) && field.Name != "default" && field.Name != "workflow"
	switch {
	case isReserved:
		r.reserved(field)
	case slices.Contains(rootKeys, field.Name) && !isJob(v):
	case strings.HasPrefix(field.Name, "."):
		if v.Kind == ciyaml.Null || v.Kind == ciyaml.Map && len(v.Fields) == 0 || v.Kind == ciyaml.List && len(v.Items) == 0 {
			r.problems.Addf(field.At, "%s config can't be blank", where)
		}
	case !isJob(v):
		r.problems.Addf(field.At, "%s config should implement the script:, run:, or trigger: keyword", where)
	default:
		r.name(field)
		return r.job(field)
	}
	return nil
}

// readDefaults collects what jobs inherit.
func (r *reader) readDefaults(top *ciyaml.Value) {
	v := keyword(top, "default")
	if v != nil {
		r.mapping(v, "default", defaultKeys...)
		r.defaults.Fields = slices.Clone(v.Fields)
	}
	for _, key := range oldDefaults {
		switch old := top.Get(key); {
		case old == nil:
		case v.Get(key) != nil:
			r.fail(old, key, "is defined in top-level and `default:` entry")
		default:
			r.defaults.Fields = append(r.defaults.Fields, ciyaml.Field{Name: key, At: old.At, Value: old})
		}
	}
	r.image(r.defaults.Field("image"), "image")
	r.services(r.defaults.Field("services"), "services")
	r.timeout(r.defaults.Field("timeout"), "default:timeout")
}

// stages are the stages in their order.
func (r *reader) stages(top *ciyaml.Value) []string {
	stages := []string{"build", "test", "deploy"}
	if v := top.Get("stages"); v != nil {
		stages = r.nested(v, "stages")
	}
	out := []string{".pre"}
	for _, stage := range stages {
		if !slices.Contains(out, stage) && stage != ".post" {
			out = append(out, stage)
		}
	}
	return append(out, ".post")
}

func (r *reader) workflow(v *ciyaml.Value) Workflow {
	if v == nil {
		return Workflow{}
	}
	r.mapping(v, "workflow", "rules", "name", "auto_cancel")
	out := Workflow{Name: strings.TrimSpace(v.Get("name").String()), HasRules: v.Has("rules")}
	allowed := []When{Always, Never}
	keys := []string{"if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "auto_cancel"}
	out.Rules = r.rules(v.Get("rules"), "workflow", allowed, keys)
	return out
}

func (r *reader) fail(v *ciyaml.Value, where, format string, args ...any) *problem.Problem {
	return r.problems.Addf(v.At, "%s %s", where, fmt.Sprintf(format, args...))
}
