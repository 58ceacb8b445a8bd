package pipeline

import (
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// maxNeeds is how many needs GitLab.com allows a job (https://docs.gitlab.com/ci/yaml/#needs).
const maxNeeds = 50

// Evaluate creates a pipeline, as far as its jobs are known before they run.
func Evaluate(request Request) *Pipeline {
	if request.File == "" {
		request.File = ".gitlab-ci.yml"
	}
	request.Changed.IsKnown = request.Changed.IsKnown && request.Kind.KnowsChanges
	e := &evaluation{Request: request, predefined: list(request.Kind.Predefined)}
	c, problems := e.config()
	if len(problems) > 0 {
		return &Pipeline{Outcome: Refused, Problems: problems, request: request}
	}
	out := &Pipeline{Warnings: c.Warnings, request: request}
	applies, global := e.workflow(c)
	if len(e.problems) == 0 && !applies {
		out.Outcome = FilteredByWorkflow
		return out
	}
	jobs := e.jobs(c, global)
	out.Left = e.left
	switch {
	case len(e.problems) > 0:
		out.Outcome, out.Problems, out.Missing = Refused, e.problems, e.missing
	case !hasStage(jobs):
		out.Outcome = Empty
	default:
		out.Jobs = jobs
	}
	return out
}

// evaluation creates one pipeline.
type evaluation struct {
	Request
	predefined variable.List
	problems   problem.List
	missing    []Missing
	left       []Left
}

func (e *evaluation) config() (*config.Config, problem.List) {
	if e.Config != nil && e.include == nil {
		return e.Config, nil
	}
	return config.Load(config.Source{
		Project: e.Project, File: e.File, Include: e.include, Inputs: e.Inputs, Others: e.Others, Variables: e.variables(nil), Changed: e.Changed,
	})
}

// variables are all variables of the pipeline, or of a job with those of the configuration, the strongest last.
func (e *evaluation) variables(configured variable.List) variable.List {
	return slices.Concat(e.predefined, configured, e.Settings, e.Kind.Variables)
}

func (e *evaluation) facts(variables variable.List) *rule.Facts {
	projects := append(config.Projects{e.Project}, e.Others...)
	return &rule.Facts{Variables: variables, Changed: e.Changed, Files: e.Project.Files, Project: projects.Files}
}

// match is the first rule that applies, or nil. The error is why that cannot be said.
func match(rules []config.Rule, facts *rule.Facts) (*config.Rule, error) {
	for i := range rules {
		holds, err := rules[i].Hold(facts)
		if err != nil {
			return &rules[i], err
		}
		if holds {
			return &rules[i], nil
		}
	}
	return nil, nil
}

// workflow reports whether there is a pipeline, and with which global variables.
func (e *evaluation) workflow(c *config.Config) (applies bool, global variable.List) {
	if !c.Workflow.HasRules {
		return true, c.Variables
	}
	found, err := match(c.Workflow.Rules, e.facts(e.variables(c.Variables)))
	switch {
	case err != nil:
		e.problems.Addf(found.At, "Failed to parse rule of the workflow: %v", err)
		return false, nil
	case found == nil || found.When == config.Never:
		return false, nil
	}
	return true, c.Variables.With(found.Variables)
}

// jobs are the jobs whose rules apply. What they need must be among them.
func (e *evaluation) jobs(c *config.Config, global variable.List) []Job {
	var out []Job
	var sources []*config.Job
	exists := map[string]bool{}
	for _, stage := range c.Stages {
		for _, job := range c.Jobs {
			if job.Stage != stage {
				continue
			}
			if made, ok := e.job(job, global); ok {
				out, sources = append(out, made), append(sources, job)
				exists[job.Name] = true
			}
		}
	}
	for _, job := range sources {
		e.checkNeeds(job, exists)
	}
	return out
}

// job evaluates the rules of a job. It reports whether the pipeline has the job.
func (e *evaluation) job(job *config.Job, global variable.List) (Job, bool) {
	configured := global.Only(job.Inherits.Has).With(job.Variables)
	variables := variable.List{{Name: "CI_JOB_NAME", Value: job.Name}, {Name: "CI_JOB_STAGE", Value: job.Stage}}
	facts := e.facts(append(variables, e.variables(configured)...))
	out := Job{
		Name: job.Name, Stage: job.Stage, When: job.When, AllowFailure: job.AllowFailure, Variables: configured, Needs: job.Needs,
		HasNeeds: job.HasNeeds, Trigger: job.Trigger, Keys: job.Keys,
	}
	if !job.HasRules && !e.meetsPolicies(job, facts) {
		e.left = append(e.left, Left{Name: job.Name, Stage: job.Stage})
		return Job{}, false
	}
	if job.HasRules {
		found, err := match(job.Rules, facts)
		if err != nil {
			e.problems.Addf(found.At, "Failed to parse rule for %s: %v", job.Name, err)
			return Job{}, false
		}
		if found == nil || found.When == config.Never {
			e.left = append(e.left, Left{Name: job.Name, Stage: job.Stage, Rule: found})
			return Job{}, false
		}
		out.Rule = found
		out.apply(found)
	}
	if _, err := facts.Variables.Expanded(); err != nil {
		e.problems.Addf(job.At, "%s: %v", job.Name, err)
	}
	for _, tag := range job.Tags {
		out.Tags = append(out.Tags, variable.ExpandExisting(tag, facts.Variables.Values()))
	}
	out.scope = e.variables(out.Variables)
	return out, true
}

// apply changes a job as the rule that applies says.
func (j *Job) apply(rule *config.Rule) {
	if rule.When != "" {
		j.When = rule.When
	}
	if rule.AllowFailure != nil {
		j.AllowFailure = *rule.AllowFailure
	}
	if rule.HasNeeds {
		j.Needs, j.HasNeeds = rule.Needs, true
	}
	j.Variables = j.Variables.With(rule.Variables)
}

// checkNeeds checks the needs of a job. GitLab does not look at those that a rule gives it.
func (e *evaluation) checkNeeds(job *config.Job, exists map[string]bool) {
	if len(job.Needs) > maxNeeds {
		e.problems.Addf(job.At, "%s: one job can only need %d others, but you have listed %d. See needs keyword documentation for more details",
			job.Name, maxNeeds, len(job.Needs))
		return
	}
	for _, need := range job.Needs {
		if !need.IsOptional && !exists[need.Job] {
			e.missing = append(e.missing, Missing{Job: job.Name, Need: need})
			e.problems.Addf(need.At, "'%s' job needs '%s' job, but '%s' does not exist in the pipeline. This might be because of the only, except, "+
				"or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional.", job.Name, need.Job, need.Job)
		}
	}
}

// hasStage reports whether a job is in another stage than .pre and .post.
func hasStage(jobs []Job) bool {
	return slices.ContainsFunc(jobs, func(job Job) bool { return job.Stage != ".pre" && job.Stage != ".post" })
}

// list are variables by name, sorted.
func list(values map[string]string) variable.List {
	out := make(variable.List, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, variable.Variable{Name: name, Value: values[name]})
	}
	return out
}
