package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Job is one job, hidden where its name begins with a dot. Empty fields are not written.
type Job struct {
	// Name is the job's name; Comment is printed above it.
	Name, Comment string
	Extends       string
	Stage         string
	Image         string
	// Inherit lists the global variables of the pipeline around that reach the job; nothing else of it does.
	Inherit       []string
	Tags          []string
	Needs         []Need
	Rules         []Rule
	Variables     []Variable
	Script        []string
	Artifacts     Artifacts
	Interruptible Switch
	// ResourceGroup names what only one job at a time may use; jobs of one group wait for each other.
	ResourceGroup string
	// Timeout is how long it may take: "90m".
	Timeout string
	Retry   Retry
	// Trigger starts a child pipeline; such a job has no script.
	Trigger *Trigger
	// Public says that jobs of the project's own may extend it, in any pipeline.
	Public bool
}

// Trigger is a child pipeline. Without a file it is what such jobs share.
type Trigger struct {
	File string
	// Strategy says how the job takes over the state of its child: "mirror" or "depend".
	Strategy string
}

// Switch is a boolean that may be left out.
type Switch uint8

// The values of a Switch.
const (
	Unset Switch = iota
	On
	Off
)

// Variable is a variable of a job. A literal one is not expanded, neither by GitLab nor by the runner.
type Variable struct {
	Name, Value string
	Literal     bool
}

// Need names a job that must have finished. An optional one may be missing from the pipeline.
type Need struct {
	Job      string
	Optional bool
}

// When says what a rule does with a job.
type When string

// What a rule can do.
const (
	OnSuccess When = "on_success"
	OnManual  When = "manual"
	Never     When = "never"
)

// Retry says which failures of a job are worth another try.
type Retry uint8

// The failures that are worth another try: none, those of the runner, and also those of whatever is outside of the project.
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
	// AllowFailure lets the pipeline go on without the job.
	AllowFailure bool
	// Variables are set where the rule holds.
	Variables []Variable
}

// Artifacts are what a job leaves to later jobs and to the merge request.
type Artifacts struct {
	Dotenv, JUnit, Annotations string
	Paths                      []string
	// Always keeps them when the job fails.
	Always bool
}

// The jobs' names say what they do to which image.
const (
	buildPrefix   = "build:"
	verifyPrefix  = "verify:"
	releasePrefix = "release:"
	sharedName    = ".stemma.job"
)

// inherited are the global variables that the job commands read and a project may set for all of its jobs.
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

// sharedJob is what every job extends: the runtime image, isolation from the pipeline around, and another try where the
// runner failed, or something outside.
func (c *compilation) sharedJob() Job {
	job := Job{
		Name:          sharedName,
		Comment:       "What all jobs share: the image they run in, isolation from the pipeline around, another try where the runner failed, or something outside.",
		Image:         "${" + schema.VarRuntimeImage + "}",
		Inherit:       inherited(),
		Retry:         RetryRunner,
		Variables:     []Variable{{Name: schema.VarRuntimeImage, Value: schema.RuntimeImage}},
		Interruptible: On,
	}
	if c.gitlab.Has(definition.GitLabRetriesExitCodes) {
		job.Retry = RetryOutside
		job.Variables = append(job.Variables, reportsExitCode)
	}
	return job
}

// reportsExitCode makes runners from 13.12 to 19.0 report the exit code of a job that failed. Without it bash turns every exit code into 1.
// Newer runners always report it, https://docs.gitlab.com/runner/configuration/feature-flags/.
var reportsExitCode = Variable{Name: "FF_USE_NEW_BASH_EVAL_STRATEGY", Value: "true"}

// fromInputs are variables with the values of the pipeline's inputs. Rules compare the variables: an input inside of an expression would
// be code. A variable of the same name that the pipeline has comes before them.
func fromInputs() []Variable {
	return []Variable{
		{Name: schema.VarRebuild, Value: "$[[ inputs.rebuild ]]"},
		{Name: schema.VarPokedBy, Value: "$[[ inputs.poked_by ]]"},
		{Name: schema.VarWave, Value: "$[[ inputs.wave ]]"},
		{Name: schema.VarWavePath, Value: "$[[ inputs.wave_path ]]"},
	}
}
