// Package bake reads the files that tell `docker buildx bake` how images are built: docker-bake files in HCL or JSON, and
// compose files.
package bake

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// File is a file and the path that findings name it by.
type File struct {
	Name    string
	Content []byte
}

// Target is a build of an image. What a file does not set is empty.
type Target struct {
	Name string
	At   diagnostic.Span
	// Context is the folder that is built, below the folder of the command; Dockerfile is below the context.
	Context, Dockerfile string
	// Inline is the text of a Dockerfile that the file itself contains.
	Inline string
	// Stage is the stage that is built.
	Stage string
	// Args and Labels have values; Open are the keys whose values only the machine that builds knows, as "args.NAME" or "tags".
	Args, Labels map[string]string
	Open         []string
	// Contexts are what the Dockerfile's own names for images and folders mean: "target:NAME", "docker-image://REFERENCE", an address, or
	// a folder.
	Contexts map[string]string
	// StopSignal stops a container of a service; it may be a number.
	StopSignal string
	// Secrets are files that steps mount, each id once.
	Secrets []Secret
	// Platforms and Tags are platforms, and references that the image is pushed to; Outputs are the types of the outputs, "registry" or "local".
	Platforms, Tags, Outputs []string
	// Others are all other keys that are set, by name.
	Others map[string]Other
	// IsPart says that it is only there for others to inherit.
	IsPart bool
}

// Other is a key of a target that does not say what the image is made of.
type Other struct {
	At diagnostic.Span
	// IsEmpty says that the value is false, null, or an empty list or text.
	IsEmpty bool
}

// Read reads docker-bake files, later ones over earlier ones. Variables have their defaults; their names come with the targets, since
// the environment would set them. The list has all that is wrong; there are no targets then.
func Read(files []File) (targets []Target, variables []string, found diagnostic.List) {
	r := newReader(files, &found)
	if r.isBroken {
		return nil, nil, found.Sorted()
	}
	var names []string
	for _, name := range r.order {
		names = append(names, r.vary(name)...)
	}
	r.checkNames()
	for _, name := range names {
		targets = append(targets, r.target(name, nil))
	}
	if found.HasErrors() {
		return nil, nil, found.Sorted()
	}
	r.mark(targets)
	return targets, slices.Sorted(maps.Keys(r.scope.used)), found.Sorted()
}

// mark finds the targets that nothing builds and others inherit.
func (r *reader) mark(targets []Target) {
	built := map[string]bool{"default": true}
	for _, group := range r.groups {
		for _, name := range group.targets {
			built[name] = true
		}
	}
	for _, t := range targets {
		for _, meaning := range t.Contexts {
			if name, ok := TargetOf(meaning); ok {
				built[name] = true
			}
		}
	}
	for i, t := range targets {
		targets[i].IsPart = r.inherited[t.Name] && !built[t.Name] && !built[r.variants[t.Name].of]
	}
}

// TargetOf is the name of the target that a context means, if it means one.
func TargetOf(context string) (string, bool) { return strings.CutPrefix(context, "target:") }

// span is a place of a file.
func span(r hcl.Range) diagnostic.Span {
	return diagnostic.Span{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}
