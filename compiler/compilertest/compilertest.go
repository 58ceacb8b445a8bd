// Package compilertest compiles the projects of tests, which may be in CUE.
package compilertest

import (
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Compile compiles a project without options.
func Compile(project fs.FS) (compiler.Result, diagnostic.List, error) {
	return CompileWith(project, compiler.Options{})
}

// CompileWith compiles a project. It evaluates CUE in the process of the test, without limits.
func CompileWith(project fs.FS, options compiler.Options) (compiler.Result, diagnostic.List, error) {
	if options.Evaluator == nil {
		options.Evaluator = cuex.InProcess{}
	}
	return compiler.Compile(project, options)
}
