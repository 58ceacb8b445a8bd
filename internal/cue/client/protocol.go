package client

import (
	"errors"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
)

// Program evaluates CUE and fetches CUE modules.
const Program companion.Program = "stemma-cue"

// The second argument of the program. The first one is the version of stemma, the third one the folder of a project, and the last one a commit
// of it, or empty.
const (
	// Evaluate lets the program answer each Request on its input with an Answer. Both are in the format of encoding/gob.
	Evaluate = "evaluate"
	// Fetch lets the program print Modules in the format of encoding/gob.
	Fetch = "fetch"
)

// Limits of all evaluations of one command together: bytes of memory, and time.
const (
	MaxMemory = 1 << 30
	MaxTime   = 30 * time.Second
)

// maxAnswer is the maximum size of all answers together, in bytes.
const maxAnswer = 256 << 20

// ExitMemory is the exit code of a program that takes too much memory.
const ExitMemory = 77

// ModuleFile is the file of a project that names its modules.
const ModuleFile = "cue.mod/module.cue"

// ErrModuleFile says that the module file is not valid. Evaluating the definition reports why.
var ErrModuleFile = errors.New(ModuleFile + " is not valid")

// Request asks for the document in a file; with Document, for that document unified with the files With; with HasImages, whether the file has
// images; with Policy, for a judgement of the document.
type Request struct {
	File      string
	HasImages bool
	Document  *tree.Node
	With      []string
	Policy    string
	// Folder has the policy, or is empty for the project.
	Folder string
	// At is the place of findings about the request itself.
	At diagnostic.Span
}

// Answer is the answer to a request.
type Answer struct {
	Document  *tree.Node
	Files     []string
	HasImages bool
	Judgement judgement.Judgement
	Found     diagnostic.List
}

// Modules are the CUE modules that a project needs, sorted by name.
type Modules struct {
	Modules []Module
	// Err is the error, or empty. IsOutside says that a registry failed, and not the project. IsModuleFile says that it is ErrModuleFile.
	Err                     string
	IsOutside, IsModuleFile bool
}

// Module is a CUE module: its name with its version, such as corp.example/policy@v1.2.0, and its archive.
type Module struct {
	Name    string
	Archive []byte
}
