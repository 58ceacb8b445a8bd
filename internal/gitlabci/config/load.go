// Package config reads the configuration of a pipeline as GitLab does: it includes files, puts inputs in their places, merges what
// jobs extend, and checks the whole (https://gitlab.com/gitlab-org/gitlab/-/tree/master/lib/gitlab/ci/config).
package config

import (
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/input"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Source is what a pipeline is read from.
type Source struct {
	Project *Project
	// File is the path of the first file. It is not used where Include is set.
	File string
	// Include is the value of `include` that a trigger job starts a child pipeline with, or nil.
	Include *ciyaml.Value
	// Inputs are the pipeline's own inputs, a map, or nil.
	Inputs *ciyaml.Value
	// Others are the other projects that the configuration can include files of.
	Others Projects
	// Variables are those that `include` can use: the predefined ones, the settings' and the pipeline's own.
	Variables variable.List
	Changed   rule.Changed
}

// Load reads a configuration. Where there are problems GitLab refuses the pipeline, and the configuration is nil.
func Load(source Source) (*Config, problem.List) {
	l := &loader{
		Loader: ciyaml.NewLoader(), source: source, projects: append(Projects{source.Project}, source.Others...), values: source.Variables.Values(),
	}
	top := l.top()
	if top == nil || len(l.problems) > 0 {
		return nil, l.problems
	}
	top = l.Complete(top)
	l.problems.AddFound(l.Found())
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return Read(top)
}

// loader reads the files of one pipeline.
type loader struct {
	*ciyaml.Loader
	source Source
	// projects are the project itself and the others.
	projects Projects
	values   map[string]string
	problems problem.List
	included []place
}

// place is a file of a project.
type place struct {
	project *Project
	path    string
}

func (l *loader) fail(at diagnostic.Span, format string, args ...any) {
	l.problems.Addf(at, format, args...)
}

// top is the whole configuration before `extends` and references. It is nil where that cannot be read.
func (l *loader) top() *ciyaml.Value {
	at := place{project: l.source.Project, path: l.source.File}
	if l.source.Include != nil {
		include := ciyaml.Field{Name: "include", At: l.source.Include.At, Value: l.source.Include}
		return l.withIncludes(at, &ciyaml.Value{Kind: ciyaml.Map, At: l.source.Include.At, Fields: []ciyaml.Field{include}})
	}
	content, err := fs.ReadFile(at.project.Tree, at.path)
	if err != nil {
		l.fail(diagnostic.Span{File: at.path}, "the file cannot be read: %v", err)
		return nil
	}
	if strings.TrimSpace(string(content)) == "" {
		l.fail(diagnostic.Span{File: at.path}, "Please provide content of %s", at.path)
		return nil
	}
	body := l.body(at, content, l.source.Inputs, nil, diagnostic.Span{File: at.path})
	if body == nil {
		return nil
	}
	return l.withIncludes(at, body)
}

// maxDocuments is how many documents a file may have: a header, and the configuration.
const maxDocuments = 2

// body is the configuration of a file with its inputs in their places, or nil.
func (l *loader) body(at place, content []byte, given *ciyaml.Value, component map[string]*ciyaml.Value, from diagnostic.Span) *ciyaml.Value {
	documents := l.Documents(at.path, content)
	l.problems.AddFound(l.Found())
	if len(l.problems) > 0 {
		return nil
	}
	hasHeader := len(documents) > 1 && documents[0].Kind == ciyaml.Map && documents[0].Has("spec")
	switch {
	case len(documents) > maxDocuments:
		l.fail(from, "`%s`: a file has at most a header and one document", at.path)
		return nil
	case given != nil && len(given.Fields) > 0 && !hasHeader:
		l.fail(from, "`%s`: Given inputs not defined in the `spec` section of the included configuration file", at.path)
		return nil
	case len(documents) == 0:
		return &ciyaml.Value{Kind: ciyaml.Map, At: diagnostic.Span{File: at.path}}
	case hasHeader:
		return l.interpolate(at, documents, given, component, from)
	case documents[0].Kind != ciyaml.Map:
		l.fail(documents[0].At, "Invalid configuration format")
		return nil
	}
	return documents[0]
}

// interpolate is the second document of a file, with the inputs that the first declares.
func (l *loader) interpolate(at place, documents []*ciyaml.Value, given *ciyaml.Value, component map[string]*ciyaml.Value, from diagnostic.Span) *ciyaml.Value {
	before := len(l.problems)
	if unknown := documents[0].Unknown("spec"); unknown != "" {
		l.fail(documents[0].At, "header config contains unknown keys: %s", unknown)
	}
	spec := input.ParseSpec(documents[0].Get("spec"), &l.problems)
	inputs, errors := spec.Values(given)
	for _, message := range errors {
		l.fail(from, "`%s`: %s", at.path, message)
	}
	if documents[1].Kind != ciyaml.Map {
		l.fail(documents[1].At, "Invalid configuration format")
	}
	if len(l.problems) > before {
		return nil
	}
	context := spec.WithComponent(input.Context{Inputs: inputs, Variables: l.values}, component)
	body := l.Interpolate(documents[1], func(v *ciyaml.Value) *ciyaml.Value {
		replaced, err := context.Replace(v)
		if err != nil {
			l.fail(v.At, "%v", err)
			return v
		}
		return replaced
	})
	l.problems.AddFound(l.Found())
	return body
}
