// Package ciyaml reads .gitlab-ci.yml as GitLab does: with the files it includes, anchors, `extends`, !reference and
// variables, and with the place of each value.
package ciyaml

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Source is a file and its project.
type Source struct {
	Tree fs.FS
	// Name is the file's path below the tree. It is not used where Include is set.
	Name string
	// Include is the value of `include` that a job starts a child pipeline with, or nil.
	Include *Value
	// Elsewhere knows files that are not the project's. It may be nil.
	Elsewhere Elsewhere
	// Component returns the file of a component, with a name for findings, or no content if it is not known. It may be nil.
	Component func(address string) (name string, content []byte)
}

// Elsewhere knows files that are not the project's.
type Elsewhere interface {
	// Knows reports whether Job knows all jobs of an include.
	Knows(Include) bool
	// Job is a hidden job of such an include, as far as it matters.
	Job(name string) (*Value, bool)
}

// Pipeline is what a file declares, with the files that it includes.
type Pipeline struct {
	// Jobs are the jobs, the hidden ones too, in the order in which they are declared.
	Jobs []*Job
	// Files are the files that were read, the first one first.
	Files []File
	// Unread are the includes that are neither files of the project nor known.
	Unread []Include
	// Conditional are the includes with rules, which were read as if these held. Those of files that do not exist are in Unread, too.
	Conditional []Include
	// Top is the whole configuration, after `extends` and !reference.
	Top *Value
}

// File is a file that was read.
type File struct {
	Name string
	// From is the place of the include; the zero Span for the first file.
	From diagnostic.Span
	// Header is the document that declares inputs, and Given are the inputs that the include passes. Both may be nil.
	Header, Given *Value
	// IsOptional says that the file, or one that includes it, is included with rules.
	IsOptional bool
}

// Include is an entry of `include`.
type Include struct {
	At diagnostic.Span
	// Kind is "project", "remote", "template", "component", "local" or, for a child pipeline, "artifact".
	Kind string
	// Name is the project, the address, the template, the component or the file.
	Name string
	// Files are the files of a project.
	Files []string

	content []byte // of a known component
}

// String names the include for people.
func (i Include) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", i.Kind, i.Name, strings.Join(i.Files, " ")))
}

// Job is a job with all that it inherits, or a hidden one.
type Job struct {
	Name string
	At   diagnostic.Span
	// Keys are the job's, after `extends`, !reference and, where it is not hidden, `default`.
	Keys *Value
	// Parents are what it extends, and what these do, in the order in which they are merged, each once.
	Parents []Parent
	// Variables are its own and the global ones that it inherits.
	Variables Variables
}

// Parent is a name in `extends`.
type Parent struct {
	Name string
	At   diagnostic.Span
	// IsUnread says that it is in an include that was not read.
	IsUnread bool
}

// IsHidden reports whether the job is in no pipeline and only others use it.
func (j *Job) IsHidden() bool { return strings.HasPrefix(j.Name, ".") }

// keywords are the keys of a file that are no jobs.
var keywords = []string{"default", "include", "spec", "stages", "types", "variables", "workflow", "image", "services", "cache", "before_script", "after_script"}

// isJob reports whether an entry at the top of a file is a job, or a hidden one.
func isJob(field Field) bool {
	return field.Value.Kind == Map && !slices.Contains(keywords, field.Name)
}

// Read reads a file. The list has all mistakes; after errors the pipeline is only good for finding more of them. The error is one of the file
// system.
func Read(source Source) (*Pipeline, diagnostic.List, error) {
	r := &reader{Loader: NewLoader(), source: source, pipeline: &Pipeline{}}
	top, err := r.top()
	if err != nil {
		return nil, nil, err
	}
	if r.budget.left < 0 || r.work.left < 0 {
		return r.pipeline, r.found.Sorted(), nil
	}
	r.isPartial = len(r.pipeline.Unread) > 0 || r.found.HasErrors() || hasOpenNames(top)
	e := newExtender(r, top)
	r.pipeline.Top = r.resolve(e.all())
	r.jobs(e)
	return r.pipeline, r.found.Sorted(), nil
}

// reader reads a file and what it includes.
type reader struct {
	*Loader
	source   Source
	pipeline *Pipeline
	// known says that an include is known, so that what Elsewhere says counts.
	known bool
	// isPartial says that not all names are known, so that a name that seems to be missing may exist.
	isPartial bool
	// reading are the files that are being read, one including the next, and files is how many there were.
	reading []string
	files   int
	// isOptional says that the files being read are included with rules.
	isOptional bool
}

// top reads and merges all files. It does not merge jobs with those that they extend.
func (r *reader) top() (*Value, error) {
	if r.source.Include != nil {
		return r.includes(r.source.Include)
	}
	return r.file(File{Name: r.source.Name})
}

// file reads a file of the project with its includes under it.
func (r *reader) file(file File) (*Value, error) {
	content, err := fs.ReadFile(r.source.Tree, file.Name)
	if err != nil {
		return nil, err
	}
	return r.content(file, content)
}

// content reads the content of a file with its includes under it.
func (r *reader) content(file File, content []byte) (*Value, error) {
	r.reading = append(r.reading, file.Name)
	defer func() { r.reading = r.reading[:len(r.reading)-1] }()
	before := len(r.found)
	documents := r.Documents(file.Name, content)
	top := &Value{Kind: Map, At: diagnostic.Span{File: file.Name, Line: 1, Column: 1}}
	if len(documents) > 1 && documents[0].Has("spec") {
		file.Header = documents[0]
		in := inputs{given: file.Given, header: documents[0]}
		documents = []*Value{r.Interpolate(documents[1], in.replace)}
	}
	file.IsOptional = r.isOptional
	r.pipeline.Files = append(r.pipeline.Files, file)
	switch {
	case len(documents) == 0 || documents[0].Kind == Null:
		if file.From != (diagnostic.Span{}) && !r.isOptional && len(r.found) == before {
			r.fail(file.From, "the included file %s is empty", diagnostic.Quote(file.Name)).WithHint("write a job to the file, such as `test: {script: [make]}`, or remove the include")
		}
		return top, nil
	case documents[0].Kind != Map:
		r.fail(documents[0].At, "the file must be a map").WithHint("write a job, such as `lint: {script: [make lint]}`")
		return top, nil
	}
	under, err := r.includes(documents[0].Get("include"))
	if err != nil {
		return nil, err
	}
	return r.Merge(r.Merge(top, under), documents[0]), nil
}

// jobs collects the jobs of all files.
func (r *reader) jobs(e *extender) {
	top := r.pipeline.Top
	global, presets := r.variables(top.Get("variables")), presets(top)
	for _, field := range top.Fields {
		if !isJob(field) {
			continue
		}
		job := &Job{Name: field.Name, At: field.At, Keys: field.Value, Parents: e.parentsOf(field.Name)}
		own := r.variables(job.Keys.Get("variables"))
		job.Variables = inherited(global, job.Keys.Get("inherit").Get("variables")).with(own)
		if !job.IsHidden() {
			job.Keys = withPresets(presets, job.Keys)
		}
		r.checkMatrix(job)
		r.pipeline.Jobs = append(r.pipeline.Jobs, job)
	}
}

// inheritable are the keys that jobs have from `default`, or, in the old way, from the top.
var inheritable = []string{
	"after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image", "interruptible", "retry", "services", "tags", "timeout",
}

// presets are the keys that jobs have from `default`, or from the top.
func presets(top *Value) []Field {
	var out []Field
	for _, key := range inheritable {
		preset := top.Get("default").Get(key)
		if preset == nil {
			preset = top.Get(key)
		}
		if preset != nil {
			out = append(out, Field{Name: key, At: preset.At, Value: preset})
		}
	}
	return out
}

// withPresets adds the presets that a job inherits.
func withPresets(presets []Field, keys *Value) *Value {
	out := &Value{Kind: Map, At: keys.At, Fields: slices.Clone(keys.Fields)}
	for _, preset := range presets {
		if keys.find(preset.Name) < 0 && inherits(keys.Get("inherit").Get("default"), preset.Name) {
			out.Fields = append(out.Fields, preset)
		}
	}
	return out
}

// inherits says what `inherit` says of a name: it is true, false, or a list of names.
func inherits(choice *Value, name string) bool {
	switch {
	case choice == nil:
		return true
	case choice.Kind == List:
		return slices.Contains(choice.Texts(), name)
	}
	return choice.Text != "false"
}

// exists reports whether the project has a file.
func exists(tree fs.FS, name string) bool {
	info, err := fs.Stat(tree, name)
	return err == nil && info.Mode().IsRegular()
}
