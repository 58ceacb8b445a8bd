package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Job is one job, hidden if its name begins with a dot. Empty fields are omitted.
type Job struct {
	// Name is the job's name; Comment is printed above it.
	Name, Comment string
	// Extends are hidden jobs with what the job does not state itself; the last one that states a field wins.
	Extends []string
	Stage   string
	Image   string
	// Inherit lists the global variables that the job inherits. It inherits nothing else of the project's pipeline.
	Inherit       []string
	Tags          []string
	Needs         []Need
	Rules         []Rule
	Variables     []Variable
	Script        []string
	Artifacts     Artifacts
	Interruptible Switch
	// ResourceGroup is the name of a group of jobs of which only one runs at a time.
	ResourceGroup string
	// Timeout limits how long it runs, such as "90m".
	Timeout string
	Retry   Retry
	// Trigger starts a child pipeline; such a job has no script.
	Trigger *Trigger
	// Public tells whether the project's own jobs may extend it, in any pipeline.
	Public bool
}

// Trigger is a child pipeline. Without a file it has the settings that such jobs share.
type Trigger struct {
	File string
	// Strategy tells how the job takes over the state of its child: "mirror" or "depend".
	Strategy string
}

// Switch is an optional boolean.
type Switch uint8

// The values of a Switch.
const (
	Unset Switch = iota
	On
	Off
)

// Variable is a variable of a job. Neither GitLab nor the runner expands a literal one.
type Variable struct {
	Name, Value string
	Literal     bool
}

// Need names a job that must have finished. An optional one may be missing from the pipeline.
type Need struct {
	Job      string
	Optional bool
}

// When tells what a rule does with a job.
type When string

// The values of `when`.
const (
	OnSuccess When = "on_success"
	OnManual  When = "manual"
	Never     When = "never"
)

// Retry tells after which failures GitLab retries a job.
type Retry uint8

// The failures to retry: none, those of the runner, and those of the runner and of services outside of the project.
const (
	RetryNothing Retry = iota
	RetryRunner
	RetryOutside
)

// Rule is one entry of `rules`.
type Rule struct {
	If      condition.Condition
	Changes []string
	// When is empty for on_success.
	When When
	// AllowFailure lets the pipeline continue without the job.
	AllowFailure bool
	// Variables are set if the rule matches.
	Variables []Variable
}

// Condition says in words when the rule lets a job run: "on_success if … and one of these changed: …".
func (r Rule) Condition() string {
	text := string(cmp.Or(r.When, OnSuccess))
	if !r.If.IsZero() {
		text += " if " + r.If.String()
	}
	if len(r.Changes) > 0 {
		text += " and one of these changed: " + strings.Join(r.Changes, ", ")
	}
	return text
}

// Artifacts are the artifacts and reports of a job.
type Artifacts struct {
	Dotenv, JUnit, Annotations string
	Paths                      []string
	// Always keeps them if the job fails.
	Always bool
}

// A job's name begins with what the job does, and ends with the image.
const (
	buildPrefix    = "build:"
	verifyPrefix   = "verify:"
	releasePrefix  = "release:"
	templatePrefix = ".fdo.container-build@"
	sharedName     = ".stemma.job"
)

// inherited lists the global variables that the job commands read. A project may set them for all of its jobs.
func inherited() []string {
	return []string{
		"BUILDAH_FORMAT", "BUILDAH_ISOLATION", "DOCKER_AUTH_CONFIG", schema.VarCacheDir, schema.VarForceRebuild,
		"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", schema.VarAutostart, schema.VarBuildProxy, schema.VarInsecureRegistries, schema.VarPackageProxy, schema.VarRegistryMirrors, schema.VarRetries, schema.VarSnapshot, schema.VarTimeouts, "STORAGE_DRIVER",
	}
}

// inheritedWith returns the global variables of a job that needs more than every job, sorted; nil if it needs no more.
func inheritedWith(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	all := append(inherited(), names...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sharedJob is the hidden job that every job extends: it has the runtime image, isolation from the project's pipeline, and retries after
// failures of the runner or of services outside.
func (c *compilation) sharedJob() Job {
	job := Job{
		Name:          sharedName,
		Comment:       "What all jobs share: the image they run in, isolation from the pipeline around, another try where the runner failed.",
		Image:         "${" + schema.VarRuntimeImage + "}",
		Inherit:       inherited(),
		Retry:         RetryRunner,
		Interruptible: On,
	}
	var v variables
	v.add(schema.VarRuntimeImage, schema.RuntimeImage)
	v.add(schema.VarUpstreamRepo, c.definition.Project)
	job.Variables = v
	if c.retry() == RetryOutside {
		job.Variables = append(job.Variables, reportsExitCode)
	}
	return job
}

// retry is how jobs are retried that only services outside of the project can fail. They say it themselves: a job could not take it back
// from one that it extends, since GitLab's schema for editors allows no empty list of exit codes.
func (c *compilation) retry() Retry {
	if c.definition.GitLab.Has(definition.GitLabRetriesExitCodes) {
		return RetryOutside
	}
	return RetryNothing
}

// reportsExitCode makes runners from 13.12 to 19.0 report the exit code of a job that failed. Without it bash turns every exit code into 1.
// Newer runners always report it, https://docs.gitlab.com/runner/configuration/feature-flags/.
var reportsExitCode = Variable{Name: "FF_USE_NEW_BASH_EVAL_STRATEGY", Value: "true"}

// fromInputs returns variables with the values of the pipeline's inputs. Rules compare the variables: an input inside of an expression
// would be code. A pipeline variable of the same name overrides them.
func fromInputs() []Variable {
	variables := make([]Variable, len(pipelineInputs))
	for i, in := range pipelineInputs {
		variables[i] = Variable{Name: in.variable, Value: "$[[ inputs." + in.name + " ]]"}
	}
	return variables
}
