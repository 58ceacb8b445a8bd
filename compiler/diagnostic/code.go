package diagnostic

// Code names a kind of finding. Each has a page, docs/diagnostics/<code>.md.
type Code string

// The closed list of codes.
const (
	// Reading a definition.
	Syntax        Code = "syntax"
	Encoding      Code = "encoding"
	TooLarge      Code = "too-large"
	MissingFile   Code = "missing-file"
	OutsideRepo   Code = "outside-repository"
	IncludeFailed Code = "include"
	CUE           Code = "cue"

	// Its structure and values.
	DuplicateKey    Code = "duplicate-key"
	UnknownKey      Code = "unknown-key"
	MissingKey      Code = "missing-key"
	WrongType       Code = "wrong-type"
	NeedsQuotes     Code = "needs-quotes"
	BadValue        Code = "bad-value"
	ConflictingKeys Code = "conflicting-keys"
	Interpolation   Code = "interpolation"
	Deprecated      Code = "deprecated"

	// Its images.
	DuplicateImage      Code = "duplicate-image"
	ReservedName        Code = "reserved-name"
	NameCollision       Code = "name-collision"
	UnknownImage        Code = "unknown-image"
	UnknownDistribution Code = "unknown-distribution"
	UnusedDistribution  Code = "unused-distribution"
	Cycle               Code = "cycle"
	BadContainerfile    Code = "bad-containerfile"

	// What it compiles to.
	Limit       Code = "limit"
	ForeignFile Code = "foreign-file"
	Drift       Code = "drift"
	StaleTag    Code = "stale-tag"
	Untracked   Code = "untracked"
	ReadmeTable Code = "readme-table"

	// The project around it.
	Pipeline           Code = "pipeline"
	Inputs             Code = "inputs"
	ComponentVersion   Code = "component-version"
	NotIncluded        Code = "not-included"
	Subfolder          Code = "subfolder"
	DuplicatePipelines Code = "duplicate-pipelines"
	Stages             Code = "stages"
	Needs              Code = "needs"
	RunnerTags         Code = "runner-tags"
	WrongProject       Code = "wrong-project"

	// Its lock.
	Lock Code = "lock"

	// Its policies.
	Policy    Code = "policy"
	Exception Code = "exception"

	// What an import reads.
	Import Code = "import"
)

// Codes returns every code, in the order of the manual.
func Codes() []Code {
	return []Code{
		Syntax, Encoding, TooLarge, MissingFile, OutsideRepo, IncludeFailed, CUE,
		DuplicateKey, UnknownKey, MissingKey, WrongType, NeedsQuotes, BadValue, ConflictingKeys, Interpolation, Deprecated,
		DuplicateImage, ReservedName, NameCollision, UnknownImage, UnknownDistribution, UnusedDistribution, Cycle, BadContainerfile,
		Limit, ForeignFile, Drift, StaleTag, Untracked, ReadmeTable,
		Pipeline, Inputs, ComponentVersion, NotIncluded, Subfolder, DuplicatePipelines, Stages, Needs, RunnerTags, WrongProject,
		Lock, Policy, Exception, Import,
	}
}
