package emit

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// document is a pipeline that one file holds, or a file that includes others where one would be too large for GitLab.
type document struct {
	path string
	// part names the further files, from the first on.
	part   func(number int) string
	inputs []pipeline.Input
	// head is always in the first file. Jobs of one list of body are in the same file.
	head []pipeline.Job
	body [][]pipeline.Job
	// include are other documents that the first file includes; they have no inputs.
	include []string
	// title is the name of a child pipeline; empty for the pipeline of the project and for files that it includes.
	title string
	// overview is printed at the top of the first file.
	overview []string
}

// jobs prints the pipeline and its children.
func (w writer) jobs(p pipeline.Pipeline) ([]File, error) {
	main := document{path: definition.OutputFile, inputs: p.Inputs, overview: p.Overview, head: p.Shared, part: func(number int) string {
		return fmt.Sprintf("%s/%02d.gitlab-ci.yml", definition.OutputFolder, number)
	}}
	if p.Children == nil {
		shared, sections := factored(p.Shared, p.Kinds, p.Sections)
		main.head = shared
		for _, section := range sections {
			main.body = append(main.body, section.Jobs)
		}
		main.body = append(main.body, p.Checks)
		return w.document(main)
	}
	images := document{path: definition.ImagesFile, part: partsOf(definition.ImagesFile)}
	main.include = []string{images.path}
	documents := []document{{}, {}}
	for _, child := range p.Children {
		shared, sections := factored(child.Shared, p.Kinds, child.Sections)
		d := document{path: child.File, part: partsOf(child.File), title: child.Title, head: shared}
		for _, section := range sections {
			public, own := divided(section.Jobs)
			images.body, d.body = append(images.body, public), append(d.body, own)
		}
		main.body = append(main.body, []pipeline.Job{child.Trigger})
		documents = append(documents, d)
	}
	main.body = append(main.body, p.Checks)
	documents[0], documents[1] = main, images
	var files []File
	for _, d := range documents {
		printed, err := w.document(d)
		if err != nil {
			return nil, err
		}
		files = append(files, printed...)
	}
	return files, nil
}

// partsOf names further files after the first: "a._02.gitlab-ci.yml" for "a.gitlab-ci.yml". No image has a name with "._" in it.
func partsOf(path string) func(int) string {
	const end = ".gitlab-ci.yml"
	return func(number int) string { return fmt.Sprintf("%s._%02d%s", path[:len(path)-len(end)], number, end) }
}

// divided separates the jobs that the project's own jobs may extend from the others.
func divided(jobs []pipeline.Job) (public, own []pipeline.Job) {
	for _, job := range jobs {
		if job.Public {
			public = append(public, job)
		} else {
			own = append(own, job)
		}
	}
	return public, own
}

// document prints one file if GitLab accepts its size, or else a file that includes as few parts as possible.
func (w writer) document(d document) ([]File, error) {
	first := w.begin(d.inputs, "")
	if len(d.overview) > 0 {
		first.WriteByte('\n')
		first.Write(appendComment(nil, "Images:\n  "+strings.Join(d.overview, "\n  "), 0))
	}
	if d.title != "" {
		first.WriteByte('\n')
		first.Write(Print(workflowNode(d.title)))
		first.WriteString("\nvariables: {}\n") // gitlab-ci-local runs no child without global variables
	}
	if err := w.section(&first, d.head); err != nil {
		return nil, err
	}
	parts := []buffer{{parsed: first.parsed}}
	for _, jobs := range d.body {
		if len(jobs) == 0 {
			continue // a file of its own would be empty, which GitLab rejects
		}
		last := &parts[len(parts)-1]
		if last.parsed > maxParsed {
			parts = append(parts, buffer{})
			last = &parts[len(parts)-1]
		}
		if err := w.section(last, jobs); err != nil {
			return nil, err
		}
	}
	var files []File
	include := &tree.Node{Kind: tree.List}
	for _, other := range d.include {
		include.Items = append(include.Items, included(other, nil))
	}
	if len(parts) == 1 {
		first.Write(parts[0].Bytes())
	} else {
		for i := range parts {
			part := w.begin(d.inputs, "")
			part.Write(parts[i].Bytes())
			path := d.part(i + 1)
			files = append(files, File{Path: path, Content: part.Bytes(), IncludedBy: d.path})
			include.Items = append(include.Items, included(path, d.inputs))
		}
	}
	if len(include.Items) > 0 {
		first.WriteByte('\n')
		first.Write(Print(mapping(field("include", include))))
	}
	return append([]File{{Path: d.path, Content: first.Bytes()}}, files...), nil
}

// workflowNode has the name of a child pipeline, which GitLab shows in its lists, and lets its jobs decide whether it runs.
func workflowNode(title string) *tree.Node {
	always := &tree.Node{Kind: tree.List, Items: []*tree.Node{mapping(field("when", text("always")))}}
	return mapping(field("workflow", mapping(field("name", text(title)), field("rules", always))))
}

// included is an entry of `include` that passes the inputs on.
func included(path string, inputs []pipeline.Input) *tree.Node {
	n := mapping(field("local", text("/"+path)))
	if len(inputs) > 0 {
		n.Fields = append(n.Fields, field("inputs", handedOver(inputs)))
	}
	return n
}
