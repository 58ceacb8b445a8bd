// Package definition reads a project's definition: documents in YAML or CUE, the files they include and the defaults they share, each value
// with its place.
package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Definition is a project's definition.
type Definition struct {
	// File is the file at the project's root, stemma.yaml or stemma.cue.
	File string
	// IsModule tells whether the project is a CUE module. Then the definition may import packages of other folders.
	IsModule bool
	// Files are all files that were read, sorted.
	Files []string
	// Project is the project's path on GitLab, or empty.
	Project string
	// ProjectSpan is its place, or the zero Span.
	ProjectSpan diagnostic.Span
	// Build tells which build jobs are in a pipeline.
	Build BuildMode
	// GitLab is the oldest version on which the output must work; zero means the newest.
	GitLab GitLab
	// Runners are the runner tags of jobs about all images.
	Runners []string
	// Children tells whether the jobs are in child pipelines.
	Children Located[bool]
	// Distribution and Version are the defaults of images that neither have their own nor inherit a parent's.
	Distribution, Version Located[string]
	// MinimumAge is how old an entry of the lock must be before its digest is used, such as "3d"; it may be empty.
	MinimumAge string
	// Pins are places outside of the definition with tags of images.
	Pins []Pin
	// Mirrors are copies of external images.
	Mirrors []Mirror
	// Images are sorted by name.
	Images []*Image
}

// Mirror is a copy of an external image.
type Mirror struct {
	From Reference
	// Repository is relative to the project's registry path.
	Repository string
	Tag        Tag
	Span       diagnostic.Span
}

// Pin is a place with the tag of an image: a value in a YAML file, or the match of a pattern.
type Pin struct {
	// Image is the name of an image, or a repository.
	Image, File string
	// Key or Pattern is set.
	Key, Pattern string
	// TestSuffix is added to the tag, or to the value of TestKey, in a trial run; both may be empty.
	TestSuffix, TestKey string
}

// BuildMode tells which build jobs are in a pipeline.
type BuildMode string

// The build modes; Automatic chooses by the number of images.
const (
	Automatic BuildMode = ""
	Always    BuildMode = "always"
	Changed   BuildMode = "changed"
)

// Located is a value with its place; the place of an absent value is the zero Span.
type Located[T any] struct {
	Value T
	Span  diagnostic.Span
}

// Present reports whether the definition has the value.
func (l Located[T]) Present() bool { return l.Span != diagnostic.Span{} }

// Image is one image, with the defaults applied, except those of distribution and version. Each field has a struct tag `hash`, which tells
// whether the content tag depends on the field.
type Image struct {
	Name string `hash:"no"`
	// Span is the place of the image's name, or its file.
	Span diagnostic.Span `hash:"no"`
	// Declarations are the files with its declaration, and the one at the root; it may have duplicates.
	Declarations []string `hash:"no"`
	// Incomplete tells whether its base could not be read. That has been reported.
	Incomplete bool `hash:"no"`

	Distribution, Version Located[string] `hash:"yes"`
	// Base is the zero Base if the definition has none.
	Base     Base              `hash:"yes"`
	Packages []Located[string] `hash:"yes"`
	Exec     Located[string]   `hash:"yes"`

	Containerfile, Context, Target Located[string] `hash:"yes"`
	Args                           []Entry         `hash:"yes"`
	// Parents are images with their names in the Containerfile.
	Parents []NamedBase `hash:"yes"`
	// Contexts are folders with their names in the Containerfile.
	Contexts []Folder `hash:"yes"`
	// After has images of the project that are built before it, though they need not be its parents.
	After []Located[string] `hash:"no"`
	// Sources has the files of other projects in the build context.
	Sources []Source `hash:"yes"`

	Watch []Located[string] `hash:"yes"`
	// Tag is absent for a content tag. TagFile is the file with the tag, or empty.
	Tag     Located[Tag] `hash:"no"`
	TagFile string       `hash:"no"`

	Platforms []Platform `hash:"yes"`
	Runners   Runners    `hash:"no"`
	Tests     []Test     `hash:"no"`
	// Release is nil for the default, the moving tag in the image's repository, and empty for no release.
	Release    []Release   `hash:"no"`
	Dependents []Dependent `hash:"no"`
	Updates    Updates     `hash:"no"`
	Expires    string      `hash:"yes"`
	Labels     []Entry     `hash:"yes"`
	Env        []Entry     `hash:"yes"`
	// Entrypoint is the program with its arguments; EntrypointPath is the form with only a path.
	Entrypoint     []string `hash:"yes"`
	EntrypointPath string   `hash:"yes"`
	Workdir        string   `hash:"yes"`
	User           string   `hash:"yes"`
	// Users has the numbers of users by name; nil if the definition has no `users`.
	Users   map[string]int64 `hash:"yes"`
	Build   Build
	Proxy   Proxy         `hash:"no"`
	Limits  schema.Limits `hash:"no"`
	Checks  schema.Checks `hash:"no"`
	Stages  Stages        `hash:"no"`
	Manual  Manual        `hash:"no"`
	Publish Located[bool] `hash:"no"`
}

// Folder is a folder of the project with its name in a Containerfile.
type Folder struct {
	Name string
	Span diagnostic.Span
	Path Located[string]
}

// Entry is an entry of a map of strings.
type Entry struct {
	Name, Value string
	Span        diagnostic.Span
}

// Platform is "os/arch" or "os/arch/variant".
type Platform string

// Test is a command that checks the finished image. It runs inside the image, with or without a checkout of the project, or outside it, in a
// checkout.
type Test struct {
	Name, Run         string
	Outside, Checkout bool
	// Timeout is its limit in seconds; zero means the default.
	Timeout int
}

// Release is a place that an image is released to.
type Release struct {
	// Repository is empty for the image's own in the project's registry.
	Repository string
	Tags       []ReleaseTag
	// Span is the place of its declaration, which may be in the defaults.
	Span diagnostic.Span
	// Username and Password are names of CI variables, both or neither empty.
	Username, Password string
}

// NamedBase is an image with its name in a Containerfile.
type NamedBase struct {
	Name string
	Span diagnostic.Span
	Base Base
}

// Source is a folder of a build context with the files of another project. Project or URL is set.
type Source struct {
	Project, URL string
	// Ref is a branch, a tag or a commit; the default branch when empty.
	Ref string
	// Path is relative to the context.
	Path Located[string]
}

// Dependent is a project to poke when the image was rebuilt.
type Dependent struct {
	Project, Ref string
	Variables    []Entry
	// Via is how the poke passes its values, "variables" if empty. Token is the name of a CI variable; it may be empty.
	Via, Token string
	// Wait tells whether the job waits for the dependent's pipeline.
	Wait bool
}

// Updates configures the scheduled update check.
type Updates struct {
	// Scheduled tells whether the image is checked.
	Scheduled bool
	// Packages tells whether its package manager is asked. Command is a shell snippet that runs inside the image; it may be empty.
	Packages bool
	Command  string
	// ByMergeRequest tells whether a scheduled job updates the lock in a merge request.
	ByMergeRequest bool
}

// Build has the settings of a build.
type Build struct {
	// Env has the variables of the build job, which do not become part of the image.
	Env []Entry `hash:"yes"`
	// Secrets are files that single steps of a Containerfile can mount.
	Secrets []Secret `hash:"yes"`
	// Timeout is the limit of the build in seconds; zero means the project's limit.
	Timeout int `hash:"no"`
	// Cache keeps the layers of a Containerfile in the registry.
	Cache bool `hash:"no"`
}

// Secret is a secret with the place of its id. IsDefault tells whether it comes from the defaults.
type Secret struct {
	schema.Secret
	IsDefault bool
	Span      diagnostic.Span
}

// Proxy has the addresses of the proxies for a build, and for only its package manager; either may be empty.
type Proxy struct{ Build, Packages string }

// Stages has the stages of an image's jobs; each may be empty.
type Stages struct{ Build, Test, Deploy string }
