package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Job is one job, hidden where its name begins with a dot. Empty fields are not written.
type Job struct {
	// Name is the job's name; Comment stands above it.
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
	Retry   bool
	// Trigger starts a child pipeline; such a job has no script.
	Trigger *Trigger
	// Public says that jobs of the project's own may extend it, in whichever pipeline they stand.
	Public bool
}

// Trigger is a child pipeline and the inputs that it is given. Without a file it is what such jobs share.
type Trigger struct {
	File   string
	Inputs []Input
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

// Rule is one entry of `rules`.
type Rule struct {
	If      string
	Changes []string
	// When is empty for on_success.
	When string
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
		"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", schema.VarAutostart, schema.VarBuildProxy, schema.VarInsecureRegistries, schema.VarPackageProxy, schema.VarRegistryMirrors, schema.VarRetries, schema.VarSnapshot, "STORAGE_DRIVER",
	}
}

// inheritedBeside are the global variables of a job that needs some more, sorted; nil, which is what every job has, where it needs none.
func inheritedBeside(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	all := append(inherited(), names...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sharedJob is what every job extends: the runtime image, isolation from the pipeline around, and another try where the
// runner failed.
func sharedJob() Job {
	return Job{
		Name:    sharedName,
		Comment: "What all jobs share: the image they run in, isolation from the pipeline around, another try where the runner failed.",
		Image:   "${" + schema.VarRuntimeImage + "}",
		Inherit: inherited(),
		Retry:   true,
		Variables: []Variable{
			{Name: schema.VarRuntimeImage, Value: schema.RuntimeImage},
			{Name: schema.VarRebuild, Value: "$[[ inputs.rebuild ]]"},
			{Name: schema.VarPokedBy, Value: "$[[ inputs.poked_by ]]"},
			{Name: schema.VarWave, Value: "$[[ inputs.wave ]]"},
			{Name: schema.VarWavePath, Value: "$[[ inputs.wave_path ]]"},
		},
		Interruptible: On,
	}
}
