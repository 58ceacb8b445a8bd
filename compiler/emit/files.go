// Package emit prints a pipeline as the files that a project commits.
package emit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
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
}

// Checker checks what is emitted against a definition of the schema.
type Checker interface {
	Check(name string, document *tree.Node, found *diagnostic.List) error
}

// Mark begins the first line of every emitted file, behind "# ".
const Mark = "Compiled by stemma "

// Files prints a pipeline: one file of jobs, or a file that includes several where one would be too large for GitLab, and
// one file for each component. The files are sorted by path. An error is a fault of the compiler, not of the definition.
func Files(p pipeline.Pipeline, checker Checker) ([]File, error) {
	w := writer{checker: checker, definition: p.Definition}
	files, err := w.jobs(p)
	if err != nil {
		return nil, err
	}
	for _, component := range p.Components {
		out := w.begin(component.Inputs)
		if err := w.section(&out, component.Jobs); err != nil {
			return nil, err
		}
		files = append(files, File{component.File, out.Bytes()})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

type writer struct {
	checker    Checker
	definition string
}

// buffer is a file on the way: its bytes, and how large GitLab finds what it parses from them.
type buffer struct {
	bytes.Buffer
	parsed int
}

func (w writer) begin(inputs []pipeline.Input) buffer {
	var out buffer
	fmt.Fprintf(&out, "# %s%s from %s. Do not edit: change the definition and run `stemma compile`.\n", Mark, schema.Version, w.definition)
	out.Write(Print(header(inputs)))
	out.WriteString("---\n")
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

// check makes sure that nothing is written that the schema of emitted jobs does not allow.
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

// jobs prints all jobs to one file if GitLab takes it, and else to as few as it takes.
func (w writer) jobs(p pipeline.Pipeline) ([]File, error) {
	main := w.begin(p.Inputs)
	if err := w.section(&main, p.Shared); err != nil {
		return nil, err
	}
	shared := main.Len()
	var shards []buffer
	current := &main
	for _, section := range p.Sections {
		if current.parsed > maxParsed {
			shards = append(shards, w.begin(p.Inputs))
			current = &shards[len(shards)-1]
		}
		if err := w.section(current, section.Jobs); err != nil {
			return nil, err
		}
	}
	if err := w.section(current, p.Checks); err != nil {
		return nil, err
	}
	if len(shards) == 0 {
		return []File{{definition.OutputFile, main.Bytes()}}, nil
	}
	return w.split(main.Bytes(), shared, shards, p.Inputs), nil
}

// split moves the jobs of the main file into a shard of their own, and includes all shards.
func (w writer) split(main []byte, shared int, shards []buffer, inputs []pipeline.Input) []File {
	var include bytes.Buffer
	include.WriteString("\ninclude:\n")
	var files []File
	add := func(content []byte) {
		path := fmt.Sprintf("%s/%02d.gitlab-ci.yml", definition.OutputFolder, len(files)+1)
		fmt.Fprintf(&include, "  - local: /%s\n    inputs:\n", path)
		for _, input := range inputs {
			fmt.Fprintf(&include, "      %[1]s: $[[ inputs.%[1]s ]]\n", input.Name)
		}
		files = append(files, File{path, content})
	}
	head := main[:bytes.Index(main, []byte("---\n"))+4]
	add(slices.Concat(head, main[shared:]))
	for i := range shards {
		add(shards[i].Bytes())
	}
	return append(files, File{definition.OutputFile, slices.Concat(main[:shared], include.Bytes())})
}
