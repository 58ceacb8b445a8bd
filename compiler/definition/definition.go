// Package definition reads what a project declares: its documents in YAML or CUE, the files they include and the
// defaults they share, each value with its place.
package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Definition is what a project declares.
type Definition struct {
	// File is the file at the project's root, stemma.yaml or stemma.cue.
	File string
	// IsModule says that the project is a CUE module, whose packages in other folders a definition may import.
	IsModule bool
	// Files are all files that were read, sorted.
	Files []string
	// Project is the project's path on GitLab, or empty.
	Project string
	// ProjectSpan is its place, or the zero Span.
	ProjectSpan diagnostic.Span
	// Build tells which build jobs are in a pipeline.
	Build BuildMode
	// GitLab is the oldest one that the output must work on; the zero version is the newest.
	GitLab GitLab
	// Runners are the tags of jobs that are about all images.
	Runners []string
	// Children tells whether the jobs are in child pipelines.
	Children Located[bool]
	// Distribution and Version are the defaults of images that have neither one of their own nor a parent's.
	Distribution, Version Located[string]
	// MinimumAge is how long the lock must have known a digest before it is used, "3d"; it may be empty.
	MinimumAge string
	// Pins are places outside of the definition that hold tags of images.
	Pins []Pin
	// Mirrors are copies of images from outside.
	Mirrors []Mirror
	// Images are sorted by name.
	Images []*Image
}

// Mirror is a copy of an image from outside.
type Mirror struct {
	From Reference
	// Repository is below the project's registry path.
	Repository string
	Tag        Tag
	Span       diagnostic.Span
}

// Pin is a place that holds the tag of an image: a value of a YAML file or what a pattern matches.
type Pin struct {
	// Image is a name or a repository.
	Image, File string
	// Key or Pattern is set.
	Key, Pattern string
	// TestSuffix is what a trial run adds to the tag, or to the value of TestKey; both may be empty.
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

// Located is a value and its place; the place of an absent value is the zero Span.
type Located[T any] struct {
	Value T
	Span  diagnostic.Span
}

// Present reports whether the value was written at all.
func (l Located[T]) Present() bool { return l.Span != diagnostic.Span{} }

// Image is one image, with the defaults applied except those of distribution and version. The tag `hash` of a field says whether
// the content tag follows from it. Each field has one.
type Image struct {
	Name string `hash:"no"`
	// Span is the place of the image's name, or its file.
	Span diagnostic.Span `hash:"no"`
	// Declarations are the files that it was read from, with the one at the root; a file may be there twice.
	Declarations []string `hash:"no"`
	// Incomplete says that what it is built from could not be read, which has been reported.
	Incomplete bool `hash:"no"`

	Distribution, Version Located[string] `hash:"yes"`
	// Base is the zero Base where none was written.
	Base     Base              `hash:"yes"`
	Packages []Located[string] `hash:"yes"`
	Exec     Located[string]   `hash:"yes"`

	Containerfile, Context, Target Located[string] `hash:"yes"`
	Args                           []Entry         `hash:"yes"`
	// Parents are what the Containerfile calls by names of its own.
	Parents []NamedBase `hash:"yes"`
	// Contexts are folders that the Containerfile calls by names of its own.
	Contexts []Folder `hash:"yes"`
	// After are images of the project that are built before it, whatever it is built from.
	After []Located[string] `hash:"no"`
	// Sources are files of other projects in the build context.
	Sources []Source `hash:"yes"`

	Watch []Located[string] `hash:"yes"`
	// Tag is absent for a content tag. TagFile is the file that it was read from, or empty.
	Tag     Located[Tag] `hash:"no"`
	TagFile string       `hash:"no"`

	Platforms []Platform `hash:"yes"`
	Runners   Runners    `hash:"no"`
	Tests     []Test     `hash:"no"`
	// Release is nil for the moving tag beside the image's own, and empty for nothing.
	Release    []Release   `hash:"no"`
	Dependents []Dependent `hash:"no"`
	Updates    Updates     `hash:"no"`
	Expires    string      `hash:"yes"`
	Labels     []Entry     `hash:"yes"`
	Env        []Entry     `hash:"yes"`
	// Entrypoint is the program and its arguments; EntrypointPath is the form that is only a path.
	Entrypoint     []string `hash:"yes"`
	EntrypointPath string   `hash:"yes"`
	Workdir        string   `hash:"yes"`
	User           string   `hash:"yes"`
	// Users are numbers by name; nil where the definition has no users.
	Users   map[string]int64 `hash:"yes"`
	Build   Build
	Proxy   Proxy         `hash:"no"`
	Limits  schema.Limits `hash:"no"`
	Checks  schema.Checks `hash:"no"`
	Stages  Stages        `hash:"no"`
	Manual  Manual        `hash:"no"`
	Publish Located[bool] `hash:"no"`
}

// Folder is a folder of the project by the name that a Containerfile has for it.
type Folder struct {
	Name string
	Span diagnostic.Span
	Path Located[string]
}

// Entry is an entry of a map of text.
type Entry struct {
	Name, Value string
	Span        diagnostic.Span
}

// Platform is "os/arch" or "os/arch/variant".
type Platform string

// Test is a command that checks the finished image, inside it, with a checkout of the project or without, or, in a checkout, outside.
type Test struct {
	Name, Run         string
	Outside, Checkout bool
	// Timeout is how many seconds it may take; zero without one of its own.
	Timeout int
}

// Release is a place that an image is released to.
type Release struct {
	// Repository is the image's own in the project's registry when empty.
	Repository string
	Tags       []ReleaseTag
	// Span is where it is declared, which may be in the defaults.
	Span diagnostic.Span
	// Username and Password are names of CI variables, both or neither empty.
	Username, Password string
}

// NamedBase is an image under the name that a Containerfile has for it.
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

// Dependent is a project to tell when the image was rebuilt.
type Dependent struct {
	Project, Ref string
	Variables    []Entry
	// Via is how it is told, "variables" when empty. Token is the name of a CI variable; it may be empty.
	Via, Token string
	// Wait lets the job wait for the dependent's pipeline.
	Wait bool
}

// Updates is what the scheduled update check looks at.
type Updates struct {
	// Scheduled says that the image takes part.
	Scheduled bool
	// Packages asks its package manager, Command is a shell snippet that looks inside; it may be empty.
	Packages bool
	Command  string
	// ByMergeRequest lets a scheduled job move the lock in a merge request.
	ByMergeRequest bool
}

// Build is how an image is built.
type Build struct {
	// Env is the build job's alone.
	Env []Entry `hash:"yes"`
	// Secrets are files of single steps of a Containerfile.
	Secrets []Secret `hash:"yes"`
	// Timeout is how many seconds it may take; zero for as long as the project allows.
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

// Proxy are the addresses of the proxies of a build, and of its package manager alone; either may be empty.
type Proxy struct{ Build, Packages string }

// Stages are the stages of an image's jobs; each may be empty.
type Stages struct{ Build, Test, Deploy string }
