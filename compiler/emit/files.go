// Package emit prints a pipeline as the files that a project commits.
package emit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// File is one file to commit.
type File struct {
	// Path is below the project's root.
	Path    string
	Content []byte
	// IncludedBy is the path of the file that includes it; it may be empty.
	IncludedBy string
}

// Checker checks what is emitted against a definition of the schema.
type Checker interface {
	Check(name string, document *tree.Node, found *diagnostic.List) error
}

// Mark begins the first line of every emitted file except recipes, behind "# ". The version of stemma comes next.
const Mark = "Compiled by stemma "

// RecipeMark begins the first line of a recipe, behind "# ". The version of stemma is not in it: a version that changes no tags changes no
// recipe, so it builds nothing.
const RecipeMark = "Compiled by stemma: "

// Files prints a pipeline: one file of jobs, or a file that includes several where one would be too large for GitLab, and
// one file for each component. The files are sorted by path. An error is a fault of the compiler, not of the definition.
func Files(p pipeline.Pipeline, checker Checker) ([]File, error) {
	w := writer{checker: checker, definition: p.Definition}
	files, err := w.jobs(p)
	if err != nil {
		return nil, err
	}
	for _, component := range p.Components {
		out := w.begin(component.Inputs, component.Comment)
		if err := w.section(&out, component.Jobs); err != nil {
			return nil, err
		}
		files = append(files, File{Path: component.File, Content: out.Bytes()})
	}
	for _, recipe := range p.Recipes {
		files = append(files, recipeFile(recipe))
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

type writer struct {
	checker    Checker
	definition string
}

// buffer is a file that is being printed: its bytes, and the size that GitLab computes from the parsed values.
type buffer struct {
	bytes.Buffer
	parsed int
}

// begin prints the head of a file: a line about it, unless it is empty, and its inputs.
func (w writer) begin(inputs []pipeline.Input, comment string) buffer {
	var out buffer
	fmt.Fprintf(&out, "# %s%s from %s. Do not edit: change the definition and run `stemma compile`.\n", Mark, schema.Version, w.definition)
	if comment != "" {
		fmt.Fprintf(&out, "# %s\n", comment)
	}
	if len(inputs) > 0 {
		out.Write(Print(header(inputs)))
		out.WriteString("---\n")
	}
	return out
}

// section checks and prints jobs.
func (w writer) section(out *buffer, jobs []pipeline.Job) error {
	for _, job := range jobs {
		n := jobNode(job)
		if err := w.check(job.Name, n); err != nil {
			return err
		}
		m := &tree.Node{Kind: tree.Map, Fields: []tree.Field{{Name: job.Name, Comment: job.Comment, Value: n}}}
		out.WriteByte('\n')
		out.Write(Print(m))
		out.parsed += parsedSize(m)
	}
	return nil
}

// check returns an error for a job that the schema of emitted jobs does not allow.
func (w writer) check(name string, n *tree.Node) error {
	var found diagnostic.List
	if err := w.checker.Check("Job", n, &found); err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("the compiled job %s is not what may be emitted: %s", name, found[0].Message)
	}
	return nil
}
