// Package pipeline evaluates which jobs a pipeline has, as GitLab does when it creates one
// (https://gitlab.com/gitlab-org/gitlab/-/tree/master/lib/gitlab/ci/pipeline).
package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Request is what GitLab knows when a pipeline is to start.
type Request struct {
	Project *config.Project
	// File is the configuration file; .gitlab-ci.yml if it is empty. It is not used where Config is set.
	File   string
	Config *config.Config
	// Others are the projects that the configuration can include files of.
	Others config.Projects
	Kind   Kind
	// Inputs are the pipeline's inputs, a map, or nil.
	Inputs *ciyaml.Value
	// Settings are the variables in the settings of the instance, the groups and the project.
	Settings variable.List
	// Changed are the changed files. They count only in the kinds of pipeline in which GitLab compares commits.
	Changed rule.Changed

	// include is what a child pipeline consists of.
	include *ciyaml.Value
}

// Outcome is the result of a request.
type Outcome uint8

// The outcomes.
const (
	// Created says that the pipeline has jobs.
	Created Outcome = iota
	// FilteredByWorkflow says that the rules of the workflow allow no pipeline.
	FilteredByWorkflow
	// Empty says that no job's rules apply, or only of those in the stages .pre and .post, which do not count alone. A push starts no
	// pipeline then, and a person who starts one gets an error.
	Empty
	// Refused says that there are problems.
	Refused
)

// String names the outcome.
func (o Outcome) String() string {
	return [...]string{"created", "filtered by workflow rules", "empty", "refused"}[o]
}

// Pipeline is the pipeline of a request, or the reasons why there is none.
type Pipeline struct {
	Outcome Outcome
	// Jobs are the jobs in the order of their stages. A pipeline that is not created has none.
	Jobs []Job
	// Left are the jobs that the pipeline does not have.
	Left []Left
	// Problems say why GitLab refuses the pipeline.
	Problems problem.List
	// Missing are needs of jobs of the pipeline that it does not have. Each is among the problems, too.
	Missing []Missing
	// Warnings are what GitLab shows although it accepts the configuration.
	Warnings []string

	request Request
}

// Missing is a need that a pipeline does not have, although it has the job.
type Missing struct {
	Job  string
	Need config.Need
}

// Left is a job that a pipeline does not have. Rule is the rule that leaves it out, or nil: none of its rules applies, or it has `only` or `except`.
type Left struct {
	Name, Stage string
	Rule        *config.Rule
}

// Job is a job of a pipeline.
type Job struct {
	Name, Stage string
	// Rule is the rule that applies; nil for a job without rules.
	Rule         *config.Rule
	When         config.When
	AllowFailure bool
	// Variables are those of the configuration: the job's, those of the rule that applies, and the global ones that it inherits.
	Variables variable.List
	// Needs may have optional ones that the pipeline does not have.
	Needs []config.Need
	// HasNeeds says that the job does not wait for the stages before its own.
	HasNeeds bool
	Tags     []string
	// Trigger is nil for a job that has a script.
	Trigger *config.Trigger
	// Keys are all keys of the job, with those of `default`.
	Keys *ciyaml.Value

	// scope are all variables that the job has when the pipeline is created.
	scope variable.List
}

// Variables are the pipeline's own, as those of a trigger or those that a parent pipeline handed down. They outrank those of jobs.
func (p *Pipeline) Variables() variable.List { return p.request.Kind.Variables }

// Job returns a job by its name.
func (p *Pipeline) Job(name string) (Job, bool) {
	i := slices.IndexFunc(p.Jobs, func(job Job) bool { return job.Name == name })
	if i < 0 {
		return Job{}, false
	}
	return p.Jobs[i], true
}
