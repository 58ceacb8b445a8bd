// Package compiler compiles the definition of a project's images into static GitLab CI. It is pure: the same files give the same bytes on
// every machine.
package compiler

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/policy"
	"gitlab.com/stemma-ci/stemma/compiler/resolved"
	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Result is the result of a compilation.
type Result struct {
	// Definition is nil if no document could be read.
	Definition *definition.Definition
	// Lock has the pinned digests and commits.
	Lock lock.Lock
	// Graph and Pipeline are for display; after errors they are incomplete.
	Graph    *lineage.Graph
	Pipeline pipeline.Pipeline
	// Files are sorted by path; after errors there are none.
	Files []emit.File
	// PolicyFiles are the files of the policies that are in the project.
	PolicyFiles []string
}

// Options are the input of a compilation besides the files of the project.
type Options struct {
	// Evaluator evaluates CUE. It is required.
	Evaluator Evaluator
	// Recipes are the recipes of stemma's distributions; nil for those of this version.
	Recipes schema.Recipes
	// Date is the day on which policies and exceptions are judged. It changes findings, never files.
	Date schema.Date
	// Policies are judged besides those of the definition.
	Policies []policy.Source
	// NoPolicies skips all policies and exceptions.
	NoPolicies bool
	// NoExceptions judges as if the definition had no exceptions.
	NoExceptions bool
}

// Evaluator evaluates CUE, as cuex.InProcess does.
type Evaluator interface {
	definition.Evaluator
	policy.Judge
}

// Compile compiles the project in fsys. The findings are sorted. The error is a fault of the compiler or of the file
// system, never of the definition.
func Compile(fsys fs.FS, options Options) (Result, diagnostic.List, error) {
	var found diagnostic.List
	result, err := compile(fsys, options, &found)
	if err != nil {
		return Result{}, nil, fmt.Errorf("compile: %w", err)
	}
	return result, found.Sorted(), nil
}

func compile(fsys fs.FS, options Options, found *diagnostic.List) (result Result, err error) {
	recipes := maps.Clone(options.Recipes)
	if recipes == nil {
		if recipes, err = schema.LoadRecipes(); err != nil {
			return result, err
		}
	}
	checker := struct {
		*shape.Checker
		Evaluator
	}{shape.NewChecker(), options.Evaluator}
	if result.Definition, err = definition.Load(fsys, checker, found); err != nil || result.Definition == nil {
		return result, err
	}
	addDistributions(recipes, result.Definition, found)
	result.Lock = lock.Load(fsys, found)
	result.Graph = lineage.New(result.Definition, fsys, recipes, result.Lock, found)
	checkLock(result, found)
	if found.HasErrors() {
		return result, nil
	}
	checkUse(result, found)
	if d := result.Definition; !options.NoPolicies && len(d.Policies)+len(options.Policies)+len(d.Exceptions) > 0 {
		judged := *d
		if options.NoExceptions {
			judged.Exceptions = nil
		}
		result.PolicyFiles = policy.Check(fsys, &judged, options.Policies, result.Resolved(options.Date), options.Date, options.Evaluator, found)
	}
	result.Pipeline = pipeline.Compile(result.Definition, result.Graph, recipes, found)
	if found.HasErrors() {
		return result, nil
	}
	if result.Files, err = emit.Files(result.Pipeline, checker); err != nil {
		return result, err
	}
	checkLimits(&result, found)
	return result, nil
}

// Resolved returns the definition with all that is known about it. The result has no errors.
func (r Result) Resolved(date schema.Date) resolved.Value {
	return resolved.New(r.Definition, r.Graph, r.Lock, date)
}

// checkLimits reports output that exceeds GitLab's limits.
func checkLimits(result *Result, found *diagnostic.List) {
	includes, most := map[string]int{}, 0
	for _, file := range result.Files {
		if file.IncludedBy != "" {
			includes[file.IncludedBy]++
			most = max(most, includes[file.IncludedBy])
		}
	}
	at := diagnostic.Span{File: result.Definition.File}
	if most > maxIncludes {
		found.Errorf(diagnostic.Limit, at, "%d images need %d files, but GitLab's limit is 150 includes in a pipeline", len(result.Graph.Images), most).
			WithHint("split the images among several projects")
		result.Files = nil
	}
	if children := len(result.Pipeline.Children); children > maxChildren {
		found.Errorf(diagnostic.Limit, at, "%d families of images need %d child pipelines, but GitLab's limit is 1000", len(result.Graph.Families()), children).
			WithHint("split the images among several projects")
		result.Files = nil
	}
}

// checkLock compares the pins of the lock with the images' parents.
func checkLock(result Result, found *diagnostic.List) {
	outside := map[string]lineage.Outside{}
	for _, parent := range result.Graph.Outside() {
		outside[parent.Name] = parent
		if _, ok := result.Lock.Digest(parent.Name); !ok && parent.Pin {
			found.Warnf(diagnostic.Lock, parent.Span, "%s has `pin: true`, but is not in %s", parent.Name, lock.File).
				WithHint("run `stemma lock`").WithKey(parent.Name)
		}
	}
	for _, entry := range result.Lock.Entries {
		if _, ok := outside[entry.Name]; !ok {
			found.Warnf(diagnostic.Lock, entry.Span, "no image is built from %s", diagnostic.Quote(entry.Name)).
				WithHint("`stemma lock` removes it").WithKey(entry.Name)
		}
	}
	sources := result.Graph.Sources()
	for _, pinned := range result.Lock.Sources {
		if !slices.ContainsFunc(sources, func(s definition.Source) bool { return s.Name() == pinned.Name }) {
			found.Warnf(diagnostic.Lock, pinned.Span, "no image has the source %s", diagnostic.Quote(pinned.Name)).
				WithHint("`stemma lock` removes it").WithKey(pinned.Name)
		}
	}
}

// The limits of https://docs.gitlab.com/administration/cicd/limits/ and
// https://docs.gitlab.com/ci/pipelines/downstream_pipelines/, less a reserve for the project's own includes and pipelines.
const (
	maxIncludes = 140
	maxChildren = 900
)
