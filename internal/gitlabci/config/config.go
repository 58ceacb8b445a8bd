package config

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Config is a configuration that GitLab accepts, whatever the pipeline.
type Config struct {
	// Stages are the stages in their order, with .pre and .post.
	Stages    []string
	Variables variable.List
	Workflow  Workflow
	// Jobs are the jobs in their order, without the hidden ones. Those with `parallel` are there once for each instance.
	Jobs []*Job
	// Warnings are what GitLab shows with a pipeline that it accepts.
	Warnings []string
}

// Workflow says whether there is a pipeline at all.
type Workflow struct {
	Rules    []Rule
	HasRules bool
	Name     string
}

// Job is a job of a configuration, with the keywords that it inherits.
type Job struct {
	Name  string
	At    diagnostic.Span
	Stage string
	Rules []Rule
	// HasRules says that the job has rules, which may be none: then it is in no pipeline.
	HasRules     bool
	Only, Except *Policy
	Variables    variable.List
	// Inherits says which global variables the job has.
	Inherits Inheritance
	When     When
	// AllowFailure is true also for a job that is manual and says nothing.
	AllowFailure bool
	Needs        []Need
	// HasNeeds says that the job does not wait for its stage.
	HasNeeds     bool
	Dependencies []string
	Tags         []string
	// Trigger is nil for a job that has a script.
	Trigger *Trigger
	// Keys are all keys of the job, with those of `default`.
	Keys *ciyaml.Value
}

// When says when a job starts, as in GitLab: "on_success", "on_failure", "always", "manual", "delayed" or "never".
type When string

// The values of `when`.
const (
	OnSuccess When = "on_success"
	OnFailure When = "on_failure"
	Always    When = "always"
	Manual    When = "manual"
	Delayed   When = "delayed"
	Never     When = "never"
)

// Rule is an entry of `rules`.
type Rule struct {
	rule.Conditions
	At diagnostic.Span
	// When is empty where the rule does not say.
	When When
	// AllowFailure is nil where the rule does not say.
	AllowFailure *bool
	Variables    variable.List
	// Needs replace those of the job where HasNeeds is set.
	Needs    []Need
	HasNeeds bool
	// isWhenAlone says that the rule has no other key than `when`.
	isWhenAlone bool
}

// Need is a job that another waits for.
type Need struct {
	Job        string
	At         diagnostic.Span
	IsOptional bool
	// Artifacts says whether the job gets the other one's artifacts.
	Artifacts bool
	// matrix are the combinations of the other job that are needed, or nil for all.
	matrix []variable.List
}

// Inheritance says which names are inherited.
type Inheritance struct {
	All   bool
	Names []string
}

// Trigger starts another pipeline.
type Trigger struct {
	// Include is the configuration of a child pipeline, or nil.
	Include *ciyaml.Value
	// Project is the path of another project, where Include is nil.
	Project string
	// ForwardsYAML and ForwardsPipeline say which variables the other pipeline gets: those that the job has in the configuration, and
	// those of its own pipeline.
	ForwardsYAML, ForwardsPipeline bool
	// Strategy is "depend", "mirror" or empty.
	Strategy string
}

// Policy is an `only` or an `except`.
type Policy struct {
	Refs      []string
	Variables []rule.If
	Changes   []string
}
