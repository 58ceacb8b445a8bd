package cuex

import (
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// InProcess evaluates CUE in this process, without limits of time and memory. It implements compiler.Evaluator.
type InProcess struct {
	// Schema has the schemas of definitions.
	Schema fs.FS
}

// Evaluate is the function Evaluate.
func (p InProcess) Evaluate(project fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string) {
	return Evaluate(project, p.Schema, file, found)
}

// HasImages is the function HasImages.
func (p InProcess) HasImages(project fs.FS, file string) bool {
	return HasImages(project, p.Schema, file)
}

// Unify is the function Unify.
func (p InProcess) Unify(project fs.FS, document *tree.Node, with []string, found *diagnostic.List) (unified *tree.Node, files []string) {
	return Unify(project, p.Schema, document, with, found)
}

// Judge is the function Judge.
func (p InProcess) Judge(files fs.FS, policy string, at diagnostic.Span, resolved *tree.Node, found *diagnostic.List) judgement.Judgement {
	return Judge(files, p.Schema, policy, at, resolved, found)
}
