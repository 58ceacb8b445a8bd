// Package definition reads a project's definition: documents in YAML or CUE, the files they include and the defaults they share, each value
// with its place.
package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Definition is a project's definition. A struct tag `yaml` is a field's key.
type Definition struct {
	// File is the file at the project's root, stemma.yaml or stemma.cue.
	File string
	// IsModule tells whether the project is a CUE module. Then the definition may import packages of other folders.
	IsModule bool
	// Files are all files that were read, sorted.
	Files []string
	// Project is the project's path on GitLab, or empty.
	Project string `yaml:"project"`
	// ProjectSpan is its place, or the zero Span.
	ProjectSpan diagnostic.Span
	// Build tells which build jobs are in a pipeline.
	Build BuildMode `yaml:"build"`
	// GitLab is the oldest version on which the output must work; zero means the newest.
	GitLab GitLab `yaml:"gitlab"`
	// Runners and Stages are those of images that choose no others, and of jobs about all images.
	Runners Runners
	Stages  Stages
	// Children tells whether the jobs are in child pipelines.
	Children Located[bool] `yaml:"children"`
	// Distribution and Version are the defaults of images that neither have their own nor inherit a parent's.
	Distribution, Version Located[string]
	Lock                  LockRules `yaml:"lock"`
	// Pins are places outside of the definition with tags of images.
	Pins []Pin `yaml:"pins"`
	// Mirrors are copies of external images.
	Mirrors []Mirror
	// Distributions are the project's own, sorted by name.
	Distributions []Distribution
	// Policies are folders of the project or CUE modules, as the definition names them.
	Policies   Policies    `yaml:"policy"`
	Exceptions []Exception `yaml:"exceptions"`
	// Images are sorted by name.
	Images []*Image
}

// LockRules tell which digests the lock takes.
type LockRules struct {
	// MinimumAge is how old an entry of the lock must be before its digest is used, such as "3d"; it may be empty.
	MinimumAge string `yaml:"minimumAge"`
}

// Mirror is a copy of an external image.
type Mirror struct {
	From schema.Reference
	// Repository is relative to the project's registry path.
	Repository string
	Tag        schema.Tag
	Span       diagnostic.Span
}

// Pin is a place with the tag of an image: a value in a YAML file, or the match of a pattern.
type Pin struct {
	Span diagnostic.Span
	// Image is the name of an image, or a repository.
	Image string `yaml:"image"`
	File  string `yaml:"file" is:"path"`
	// Key or Pattern is set.
	Key     string  `yaml:"key"`
	Pattern string  `yaml:"pattern"`
	Test    PinTest `yaml:"test"`
}

// PinTest has what a trial run adds to the tag, or to the value of Key; both may be empty.
type PinTest struct {
	Suffix string `yaml:"suffix"`
	Key    string `yaml:"key"`
}

// BuildMode tells which build jobs are in a pipeline.
type BuildMode string

// The build modes; Automatic chooses by the number of images.
const (
	Automatic BuildMode = ""
	Always    BuildMode = "always"
	Changed   BuildMode = "changed"
)

// Image is one image, with the defaults applied, except those of distribution and version. Its struct tags are the table of the language,
// see schema.Field. Its fields are in the order of their variables.
type Image struct {
	Name string `hash:"no"`
	// Span is the place of the image's name, or its file.
	Span diagnostic.Span `hash:"no"`
	// Declared is its own declaration, without the defaults.
	Declared *tree.Node `hash:"no"`
	// Declarations are the file at the root, that of its declaration and those that the definition is unified with; for CUE, all files of their
	// packages. It may have duplicates.
	Declarations []string `hash:"no"`
	// Incomplete tells whether its base could not be read. That has been reported.
	Incomplete bool `hash:"no"`

	Distribution Located[string] `yaml:"distribution" hash:"yes" for:"packages"`
	Version      Located[string] `yaml:"version" hash:"yes" for:"packages"`
	// Base is the zero Base if the definition has none.
	Base Base `yaml:"base" hash:"yes"`
	// Parents are images with their names in the Containerfile.
	Parents Entries[Base] `yaml:"parents" hash:"yes" for:"containerfile"`
	// After has images of the project that are built before it, though they need not be its parents.
	After []Located[string] `yaml:"after" hash:"no"`
	Watch []Located[string] `yaml:"watch" is:"path" hash:"yes"`
	// Tag is absent for a content tag. TagFile is the file with the tag, or empty.
	Tag       Located[schema.Tag] `yaml:"tag" hash:"no"`
	TagFile   string              `hash:"no"`
	Platforms Platforms           `yaml:"platforms" hash:"yes"`
	Runners   Runners             `yaml:"runners" hash:"no"`
	// Release is nil for the default, the moving tag in the image's repository, and empty for no release.
	Release []Release `yaml:"release" hash:"no"`
	Updates Updates   `yaml:"updates" hash:"no"`
	Stages  Stages    `yaml:"stages" hash:"no"`
	Manual  Manual    `yaml:"manual" hash:"no"`

	Dependents []schema.Dependent `yaml:"dependents" var:"STEMMA_DEPENDENTS" hash:"no"`
	Publish    Located[bool]      `yaml:"publish" var:"STEMMA_PUBLISHED" hash:"no"`
	Packages   Words              `yaml:"packages" var:"FDO_DISTRIBUTION_PACKAGES" hash:"yes" for:"packages"`
	Exec       Located[string]    `yaml:"exec" var:"FDO_DISTRIBUTION_EXEC" hash:"yes" for:"packages"`

	Containerfile Located[string] `yaml:"containerfile" is:"path" var:"STEMMA_CONTAINERFILE" hash:"yes"`
	Context       Located[string] `yaml:"context" is:"path" var:"STEMMA_CONTEXT" hash:"yes" for:"containerfile"`
	Target        Located[string] `yaml:"target" var:"STEMMA_TARGET" hash:"yes" for:"containerfile"`
	Args          Entries[string] `yaml:"args" var:"STEMMA_ARGS" hash:"yes" for:"containerfile"`
	// Contexts are folders with their names in the Containerfile.
	Contexts Entries[Located[string]] `yaml:"contexts" is:"path" var:"STEMMA_FOLDERS" hash:"yes" for:"containerfile"`
	// Sources has the files of other projects in the build context.
	Sources []Source `yaml:"sources" var:"STEMMA_SOURCES" hash:"yes" for:"containerfile"`

	Env    Entries[string] `yaml:"env" var:"STEMMA_ENV" hash:"yes"`
	Labels Entries[string] `yaml:"labels" var:"STEMMA_LABELS" hash:"yes"`
	schema.Config
	Expires string `yaml:"expires" var:"FDO_EXPIRES_AFTER" hash:"yes"`
	schema.Settings
	Build  Build         `yaml:"build"`
	Tests  []schema.Test `yaml:"tests" var:"STEMMA_TESTS" hash:"no"`
	Checks schema.Checks `yaml:"checks" var:"STEMMA_CHECKS" hash:"no"`
}

// Release is a place that an image is released to.
type Release struct {
	// Repository is empty for the image's own in the project's registry.
	Repository Located[string]     `yaml:"repository"`
	Tags       []schema.ReleaseTag `yaml:"tags"`
	// Span is the place of its declaration, which may be in the defaults.
	Span        diagnostic.Span
	Credentials `yaml:"credentials"`
}

// Credentials are names of CI variables, both or neither empty.
type Credentials struct {
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	// Repositories are those that the credentials may write to; any without patterns. All releases with the same password have the same.
	Repositories []schema.RepositoryPattern `yaml:"repositories,omitempty"`
}

// Source is a folder of a build context with the files of another project. Project or URL is set.
type Source struct {
	Span    diagnostic.Span
	Project string `yaml:"project"`
	URL     string `yaml:"url"`
	// Ref is a branch, a tag or a commit; the default branch when empty.
	Ref string `yaml:"ref"`
	// Path is relative to the context.
	Path Located[string] `yaml:"path" is:"path"`
}

// Updates configures the scheduled update check.
type Updates struct {
	// Span is the place of the settings, or the zero Span. The key alone includes an image in the check.
	Span diagnostic.Span
	// Packages tells whether its package manager is asked. Command is a shell snippet that runs inside the image; it may be empty.
	Packages bool   `yaml:"packages"`
	Command  string `yaml:"command"`
	// Base may be "poll", as every check does. Via is "merge-request" if a scheduled job updates the lock in a merge request.
	Base     string        `yaml:"base"`
	Via      string        `yaml:"via"`
	Schedule Located[bool] `yaml:"schedule"`
}

// Scheduled reports whether the image is checked.
func (u Updates) Scheduled() bool {
	return u.Span != diagnostic.Span{} && (!u.Schedule.Present() || u.Schedule.Value)
}

// Build has the settings of a build.
type Build struct {
	// Cache keeps the layers of a Containerfile in the registry.
	Cache bool `yaml:"cache" var:"STEMMA_BUILD_CACHE=registry" hash:"no"`
	// Env has the variables of the build job, which do not become part of the image.
	Env Entries[string] `yaml:"env" hash:"yes"`
	// Secrets are files that single steps of a Containerfile can mount.
	Secrets []Secret `yaml:"secrets" hash:"yes"`
	// Timeout is the limit of the build in seconds; zero means the project's limit.
	Timeout int `yaml:"timeout" hash:"no"`
}

// Secret is a secret with the place of its id. IsDefault tells whether it comes from the defaults.
type Secret struct {
	schema.Secret
	IsDefault bool
	Span      diagnostic.Span
}

// Stages has the stages of an image's jobs; each may be empty.
type Stages struct {
	Build  string `yaml:"build,omitempty"`
	Test   string `yaml:"test,omitempty"`
	Deploy string `yaml:"deploy,omitempty"`
}
