// Package rule evaluates the conditions of a rule, `if`, `changes` and `exists`, as GitLab does for jobs, workflows and includes
// (https://gitlab.com/gitlab-org/gitlab/-/tree/master/lib/gitlab/ci/build/rules/rule/clause).
package rule

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

// Conditions are those of one rule. All of them must hold. A rule without conditions always applies.
type Conditions struct {
	// If is nil where the rule has none, and so are Changes and Exists.
	If      *If
	Changes *Changes
	Exists  *Exists
}

// If is an expression with its place.
type If struct {
	At         diagnostic.Span
	Expression expression.Expression
}

// Changes is a condition on changed files.
type Changes struct {
	Paths []string
}

// Exists is a condition on the files that there are.
type Exists struct {
	Paths []string
	// Project is the path of another project to look in, or empty.
	Project string
}

// maxPaths is how many paths `changes` and `exists` may have.
const maxPaths = 50

// Parse reads the conditions of a rule, which is a map. Where names the rule in problems, as in "jobs:build:rules:rule".
func Parse(v *ciyaml.Value, where string, problems *problem.List) Conditions {
	p := parser{where: where, problems: problems}
	return Conditions{If: p.condition(v.Get("if")), Changes: p.changes(v.Get("changes")), Exists: p.exists(v.Get("exists"))}
}

type parser struct {
	where    string
	problems *problem.List
}

func (p parser) fail(v *ciyaml.Value, format string, args ...any) {
	p.problems.Addf(v.At, "%s %s", p.where, fmt.Sprintf(format, args...))
}

// condition reads an `if`. GitLab evaluates each once without variables, so one that fails there is refused as well.
func (p parser) condition(v *ciyaml.Value) *If {
	if v == nil {
		return nil
	}
	if !v.Is(ciyaml.String) {
		p.fail(v, "if invalid expression syntax: it must be a string")
		return nil
	}
	parsed, err := expression.Parse(v.Text)
	if err == nil {
		_, err = parsed.Holds(expression.Scope{})
	}
	if err != nil {
		p.fail(v, "if invalid expression syntax: %v", err)
		return nil
	}
	return &If{At: v.At, Expression: parsed}
}

func (p parser) changes(v *ciyaml.Value) *Changes {
	switch {
	case v == nil:
		return nil
	case v.Kind == ciyaml.List:
		return &Changes{Paths: p.paths(v, "changes")}
	case v.Kind != ciyaml.Map:
		p.fail(v, "changes should be an array or a hash")
		return nil
	case v.Get("paths") == nil:
		p.fail(v, "changes config missing required keys: paths")
		return nil
	}
	p.keys(v, "changes", "paths", "compare_to")
	return &Changes{Paths: p.paths(v.Get("paths"), "changes:paths")}
}

func (p parser) exists(v *ciyaml.Value) *Exists {
	switch {
	case v == nil:
		return nil
	case v.Is(ciyaml.String):
		return &Exists{Paths: []string{v.Text}}
	case v.Kind == ciyaml.List:
		return &Exists{Paths: p.paths(v, "exists")}
	case v.Kind != ciyaml.Map:
		p.fail(v, "exists should be a string, an array of strings, or a hash")
		return nil
	case v.Get("paths") == nil:
		p.fail(v, "exists config missing required keys: paths")
		return nil
	case v.Get("ref") != nil && v.Get("project") == nil:
		p.fail(v, "exists config missing required keys: project")
	}
	p.keys(v, "exists", "paths", "project", "ref")
	return &Exists{Paths: p.paths(v.Get("paths"), "exists:paths"), Project: v.Get("project").String()}
}

func (p parser) paths(v *ciyaml.Value, key string) []string {
	if v.Kind != ciyaml.List {
		p.fail(v, "%s config should be an array of strings", key)
		return nil
	}
	if len(v.Items) > maxPaths {
		p.fail(v, "%s config has too many entries (maximum %d)", key, maxPaths)
	}
	out := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		if !item.Is(ciyaml.String) {
			p.fail(item, "%s config should be an array of strings", key)
			continue
		}
		out = append(out, item.Text)
	}
	return out
}

func (p parser) keys(v *ciyaml.Value, key string, allowed ...string) {
	if unknown := v.Unknown(allowed...); unknown != "" {
		p.fail(v, "%s config contains unknown keys: %s", key, unknown)
	}
}
