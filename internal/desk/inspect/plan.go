package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Plan is what a pipeline has, and what it does not have.
type Plan struct {
	// Event describes what starts the pipeline.
	Event string `json:"event"`
	// Outcome is "created", "filtered by workflow rules", "empty" or "refused".
	Outcome string `json:"outcome"`
	// Notes say what the plan leaves open.
	Notes []string `json:"notes,omitempty"`
	// Problems are the reasons why GitLab refuses the pipeline.
	Problems []string     `json:"problems,omitempty"`
	Runs     []PlannedJob `json:"runs"`
	Left     []PlannedJob `json:"left"`
}

// PlannedJob is a job that a pipeline has, or does not have.
type PlannedJob struct {
	Name string `json:"name"`
	// Pipeline is the job that starts the child pipeline of the job; empty for a job of the pipeline itself.
	Pipeline string `json:"pipeline,omitempty"`
	Stage    string `json:"stage"`
	// When is "on_success", "manual", "delayed", "always", "on_failure" or "never".
	When string `json:"when"`
	// Rule is the rule that decides, and At its place; empty if no rule applies, or if the job has none.
	Rule string `json:"rule,omitempty"`
	At   string `json:"at,omitempty"`

	comparesFiles bool
}

// Plan evaluates the pipeline that an event starts, as GitLab does.
func (e Event) Plan(p *project.Project) (Plan, error) {
	if err := e.check(); err != nil {
		return Plan{}, err
	}
	e = e.complete()
	source, notes, err := pipelineOf(p)
	if err != nil {
		return Plan{}, err
	}
	request, err := e.request(source)
	if err != nil {
		return Plan{}, err
	}
	evaluated := pipeline.Evaluate(request)
	plan := Plan{Event: e.String(), Outcome: evaluated.Outcome.String(), Notes: notes, Runs: []PlannedJob{}, Left: []PlannedJob{}}
	plan.add(evaluated, "")
	if note := e.openChanges(request.Kind); note != "" && plan.comparesFiles() {
		plan.Notes = append(plan.Notes, note)
	}
	return plan, nil
}

// comparesFiles reports whether a rule with `changes` decides about a job.
func (p *Plan) comparesFiles() bool {
	return slices.ContainsFunc(append(slices.Clone(p.Runs), p.Left...), func(job PlannedJob) bool { return job.comparesFiles })
}

// add adds the jobs of a pipeline, and those of its child pipelines.
func (p *Plan) add(evaluated *pipeline.Pipeline, parent string) {
	for _, problem := range evaluated.Problems {
		p.Problems = append(p.Problems, problem.String())
	}
	for _, job := range evaluated.Jobs {
		p.Runs = append(p.Runs, planned(PlannedJob{Name: job.Name, Pipeline: parent, Stage: job.Stage, When: string(job.When)}, job.Rule))
		if child, ok := evaluated.Child(job); ok {
			p.add(child, job.Name)
		}
	}
	for _, job := range evaluated.Left {
		p.Left = append(p.Left, planned(PlannedJob{Name: job.Name, Pipeline: parent, Stage: job.Stage, When: string(config.Never)}, job.Rule))
	}
}

// planned adds the rule that decides about a job.
func planned(job PlannedJob, rule *config.Rule) PlannedJob {
	if rule == nil {
		return job
	}
	var parts []string
	if rule.If != nil {
		parts = append(parts, "if: "+rule.If.Expression.String())
	}
	if rule.Changes != nil {
		parts = append(parts, "changes: "+strings.Join(rule.Changes.Paths, ", "))
	}
	if rule.Exists != nil {
		parts = append(parts, "exists: "+strings.Join(rule.Exists.Paths, ", "))
	}
	if len(parts) == 0 {
		parts = []string{"when: " + cmp.Or(string(rule.When), "on_success")}
	}
	job.Rule, job.At, job.comparesFiles = strings.Join(parts, "; "), rule.At.String(), rule.Changes != nil
	return job
}

// Text prints the plan for people.
func (p Plan) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", p.Event)
	switch {
	case len(p.Problems) > 0:
		fmt.Fprintf(&b, "GitLab refuses the pipeline.\n")
	case p.Outcome == pipeline.Created.String():
		fmt.Fprintf(&b, "%s, %d left out.\n", terminal.Count(len(p.Runs), "job"), len(p.Left))
	default:
		fmt.Fprintf(&b, "no pipeline, it is %s.\n", p.Outcome)
	}
	for _, problem := range p.Problems {
		fmt.Fprintf(&b, "  %s\n", problem)
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	writePlanned(&b, "Runs:", p.Runs)
	writePlanned(&b, "Left out:", p.Left)
	return b.String()
}

func writePlanned(b *strings.Builder, title string, jobs []PlannedJob) {
	if len(jobs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	names, stages := 0, 0
	for _, job := range jobs {
		names, stages = max(names, len(job.Name)), max(stages, len(job.where()))
	}
	for _, job := range jobs {
		indent := "  "
		if job.Pipeline != "" {
			indent = "    "
		}
		reason := strings.TrimSpace(job.At + " " + job.Rule)
		if reason == "" {
			reason = "no rule applies"
			if job.When != string(config.Never) {
				reason = "it has no rules"
			}
		}
		fmt.Fprintf(b, "%s%-*s  %-*s  %s\n", indent, names, job.Name, stages, job.where(), reason)
	}
}

// where is the stage of a job, and when it runs if that is unusual.
func (j PlannedJob) where() string {
	if j.When == string(config.OnSuccess) || j.When == string(config.Never) {
		return j.Stage
	}
	if j.When == string(config.Manual) {
		return j.Stage + ", waits for a click"
	}
	return j.Stage + ", " + j.When
}
