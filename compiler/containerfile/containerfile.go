// Package containerfile finds the images that a Containerfile is built from.
package containerfile

import (
	"bytes"
	"fmt"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Parent is an image that a stage is built from or copies from.
type Parent struct {
	// Reference is the text after the arguments were filled in.
	Reference string
	// Line counts from one.
	Line int
	// IsBase says that the layers of the result begin with the parent's.
	IsBase bool
	// IsFrom says that a FROM line names it.
	IsFrom bool
}

// Copy is a file or folder of the context that a stage takes.
type Copy struct {
	// Path is the text after the arguments were filled in.
	Path string
	// Line counts from one.
	Line int
}

// Run is a RUN line of a stage.
type Run struct {
	// Script is its text without options, with those of its here-documents.
	Script string
	// Line counts from one.
	Line int
}

// File is what a Containerfile says of its lineage.
type File struct {
	// Parents are in the order of the file, each reference once.
	Parents []Parent
	// Copies are what COPY, ADD and mounts take from the context, by line and path, each once: paths and patterns, without those whose
	// arguments have no value.
	Copies []Copy
	// Runs are the RUN lines, in the order of the file.
	Runs []Run
	// Stages are the names of its stages, in the order of the file.
	Stages []string
	// Secrets are the ids of the secrets that its steps mount, sorted.
	Secrets []string
	// Arguments are the names that an argument of a build may have, sorted: those of all ARG lines and those that every
	// builder knows without one.
	Arguments []string
	// User is the last USER of the result, after the arguments were filled in, and UserLine its line; empty where there is none.
	User     string
	UserLine int
}

// Error is a mistake in a Containerfile.
type Error struct {
	// Line counts from one; zero means that it is unknown.
	Line    int
	Message string
	// Argument is the argument without a value, where a build has to give one.
	Argument string
	// Hint says what to do; it may be empty.
	Hint string
	// IsAboutTarget says that the target is the mistake.
	IsAboutTarget bool
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// The limits of a Containerfile: far above any file that a person writes, and low enough for a result within a second.
const (
	maxSource = 1 << 20
	maxStages = 1000
)

// Parse reads a Containerfile with the arguments of a build. Only the stages that the target needs count; an empty target
// is the last stage. Its errors are of the type *Error.
func Parse(source []byte, args map[string]string, target string) (File, error) {
	switch {
	case len(bytes.TrimSpace(source)) == 0:
		return File{}, &Error{Message: "it is empty", Hint: firstFrom}
	case len(source) > maxSource:
		return File{}, &Error{Message: fmt.Sprintf("it has more than %d KiB", maxSource>>10)}
	}
	syntax, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		return File{}, syntaxError(source, err)
	}
	stages, globals, err := instructions.Parse(syntax.AST, quiet())
	if err != nil {
		return File{}, syntaxError(source, err)
	}
	if len(stages) > maxStages {
		return File{}, &Error{Message: fmt.Sprintf("it has more than %d stages", maxStages)}
	}
	w := &walk{stages: stages, args: args, lex: shell.NewLex(syntax.EscapeToken), needed: map[int]bool{}, kept: map[int]environment{}, parents: map[string]Parent{}}
	if err := w.globals(globals); err != nil {
		return File{}, err
	}
	last, err := w.target(target)
	if err == nil {
		err = w.stage(last, true)
	}
	if err != nil {
		return File{}, err
	}
	return w.result(globals), nil
}

// quiet is a linter that warns nobody. Without any a comment `# check=` is a nil pointer in the parser.
func quiet() *linter.Linter { return linter.New(&linter.Config{}) }
