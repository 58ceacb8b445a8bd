// Package resolved describes a definition with all that the compiler knows about it, as a value that policies judge.
package resolved

import (
	"cmp"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Value is the resolved definition. schema/resolved.cue documents its fields.
type Value struct {
	Version    int               `json:"version"`
	Date       string            `json:"date"`
	Project    string            `json:"project,omitempty"`
	Images     map[string]*Image `json:"images"`
	Exceptions []Exception       `json:"exceptions"`

	span diagnostic.Span
}

// Image is an image of the project.
type Image struct {
	Name          string             `json:"name"`
	File          string             `json:"file"`
	Kind          string             `json:"kind"`
	Distribution  string             `json:"distribution,omitempty"`
	Version       string             `json:"version,omitempty"`
	Containerfile string             `json:"containerfile,omitempty"`
	Tag           string             `json:"tag,omitempty"`
	Parents       map[string]*Parent `json:"parents"`
	Sources       []Source           `json:"sources"`
	Packages      []string           `json:"packages"`
	Commands      []Command          `json:"commands"`
	Tests         []schema.Test      `json:"tests"`
	Checks        schema.Checks      `json:"checks"`
	Limits        schema.Limits      `json:"limits"`
	User          string             `json:"user,omitempty"`
	Entrypoint    []string           `json:"entrypoint,omitempty"`
	Workdir       string             `json:"workdir,omitempty"`
	StopSignal    string             `json:"stopSignal,omitempty"`
	Labels        map[string]string  `json:"labels"`
	Env           []string           `json:"env"`
	BuildEnv      []string           `json:"buildEnv"`
	Secrets       map[string]string  `json:"secrets"`
	Platforms     []string           `json:"platforms"`
	Release       []Release          `json:"release"`
	Published     bool               `json:"published"`
	Expires       string             `json:"expires,omitempty"`

	declared *tree.Node
	span     diagnostic.Span
	// userSpan is the line of the Containerfile that sets the user.
	userSpan diagnostic.Span
}

// Parent is a parent of an image at any depth.
type Parent struct {
	Kind       string `json:"kind"`
	Direct     bool   `json:"direct"`
	Base       bool   `json:"base"`
	Registry   string `json:"registry,omitempty"`
	Repository string `json:"repository,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Project    string `json:"project,omitempty"`
	Pinned     bool   `json:"pinned"`
	Digest     string `json:"digest,omitempty"`
	Since      string `json:"since,omitempty"`
	Age        *int   `json:"age,omitempty"`

	span diagnostic.Span
}

// Source has files of another project.
type Source struct {
	Project string `json:"project,omitempty"`
	URL     string `json:"url,omitempty"`
	Ref     string `json:"ref,omitempty"`
	Pinned  bool   `json:"pinned"`
	Commit  string `json:"commit,omitempty"`
}

// Command is a shell snippet.
type Command struct {
	From string `json:"from"`
	Run  string `json:"run"`

	span diagnostic.Span
}

// Release is a place that an image is released to.
type Release struct {
	Registry   string   `json:"registry,omitempty"`
	Repository string   `json:"repository,omitempty"`
	Tags       []string `json:"tags"`
	Username   string   `json:"username,omitempty"`
	Password   string   `json:"password,omitempty"`

	Repositories []string `json:"repositories,omitempty"`
}

// Exception is an exception from a policy.
type Exception struct {
	Rule   string   `json:"rule"`
	Images []string `json:"images"`
	Owner  string   `json:"owner"`
	Reason string   `json:"reason"`
	Until  string   `json:"until"`
	Days   int      `json:"days"`

	span diagnostic.Span
}

// New resolves a definition without errors on a day.
func New(d *definition.Definition, graph *lineage.Graph, locked lock.Lock, date schema.Date) Value {
	v := Value{
		Version: 1, Date: date.String(), Project: d.Project, Images: make(map[string]*Image, len(graph.Images)), Exceptions: []Exception{},
		span: cmp.Or(d.ProjectSpan, diagnostic.Span{File: d.File, Line: 1, Column: 1}),
	}
	for _, e := range d.Exceptions {
		resolved := Exception{
			Rule: e.Rule.Value, Images: []string{}, Owner: e.Owner, Reason: e.Reason, Until: e.Until.String(), Days: e.Until.DaysSince(date), span: e.Span,
		}
		for _, image := range e.Images {
			resolved.Images = append(resolved.Images, image.Value)
		}
		v.Exceptions = append(v.Exceptions, resolved)
	}
	r := resolver{locked: locked, date: date, images: v.Images}
	for _, image := range graph.Images { // parents come first
		v.Images[image.Name] = r.image(image)
	}
	return v
}

type resolver struct {
	locked lock.Lock
	date   schema.Date
	// images has the images that have been resolved.
	images map[string]*Image
}

func (r *resolver) image(image *lineage.Image) *Image {
	out := &Image{
		Name: image.Name, File: image.Span.File, Kind: "packages", Distribution: image.Distribution, Version: image.Version,
		Containerfile: image.Containerfile.Value, Tag: image.Image.Tag.Value.String(), Parents: r.parents(image), Sources: sources(image),
		Packages: image.Packages.Values(), Commands: commands(image), Tests: append([]schema.Test{}, image.Tests...),
		Checks: image.Checks, Limits: image.Limits, User: image.User, Entrypoint: image.Entrypoint.Arguments(), Workdir: image.Workdir,
		StopSignal: image.StopSignal, Labels: map[string]string{}, Env: names(image.Env), BuildEnv: names(image.Build.Env),
		Secrets: map[string]string{}, Platforms: image.Platforms.Names(), Release: releases(image), Published: image.Publish.Value, Expires: image.Expires,
		declared: image.Declared, span: image.Span,
	}
	if image.Containerfile.Present() {
		out.Kind = "containerfile"
	}
	if base, ok := image.Base(); out.User == "" {
		if out.User, out.userSpan = image.LastUser, image.LastUserAt; out.User == "" && ok && base.Image != nil {
			out.User = r.images[base.Image.Name].User
		}
	}
	for _, label := range image.Labels {
		out.Labels[label.Name] = label.Value
	}
	for _, secret := range image.Secrets {
		out.Secrets[secret.ID] = secret.Variable
	}
	return out
}

func sources(image *lineage.Image) []Source {
	out := []Source{}
	for _, source := range image.Sources {
		out = append(out, Source{Project: source.Project, URL: source.URL, Ref: source.Ref, Pinned: source.Commit != "", Commit: source.Commit})
	}
	return out
}

func names(entries definition.Entries[string]) []string {
	out := []string{}
	for _, entry := range entries {
		out = append(out, entry.Name)
	}
	slices.Sort(out)
	return out
}

func commands(image *lineage.Image) []Command {
	out := []Command{}
	add := func(from, run string, at diagnostic.Span) {
		if run != "" {
			out = append(out, Command{From: from, Run: run, span: at})
		}
	}
	add("exec", image.Exec.Value, image.Exec.Span)
	for _, line := range image.Runs {
		add("run", line.Script, diagnostic.Span{File: image.Containerfile.Value, Line: line.Line, Column: 1})
	}
	tests := places{declared: image.Declared.Get("tests"), around: image.Span}
	for i, test := range image.Tests {
		add("test", test.Run, tests.item(i, "").field("run").own())
	}
	add("updates", image.Updates.Command, places{declared: image.Declared, around: image.Span}.field("updates").field("command").own())
	return out
}

func releases(image *lineage.Image) []Release {
	out := []Release{}
	for _, target := range image.ReleaseTargets() {
		place := Release{Tags: target.Tags, Username: target.Username, Password: target.Password}
		if repository, err := schema.ParseRepository(target.Repository); err == nil {
			place.Registry, place.Repository = repository.Explicit().Registry(), repository.Explicit().Path()
		}
		for _, pattern := range target.Repositories {
			place.Repositories = append(place.Repositories, pattern.String())
		}
		out = append(out, place)
	}
	return out
}
