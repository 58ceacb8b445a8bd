// Package importer holds what the imports of all systems share: the definition that an import makes, its files, the report
// on each conversion, and how the files are written.
package importer

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Definition is a definition of images, as its YAML has it. What is empty is left out.
type Definition struct {
	// Project is the project's path on GitLab.
	Project string
	// Defaults hold for images that do not set the same.
	Defaults *Image
	// Build says when images are built, "always" or "changed".
	Build string
	// Images are the images, in any order.
	Images []Image
}

// Image is one image, as schema/definition.cue describes it.
type Image struct {
	Name          string            `yaml:"-"`
	Distribution  string            `yaml:"distribution,omitempty"`
	Version       string            `yaml:"version,omitempty"`
	Base          any               `yaml:"base,omitempty"` // a reference or name, or a ProjectImage
	Packages      []string          `yaml:"packages,omitempty,flow"`
	Exec          string            `yaml:"exec,omitempty"`
	Containerfile string            `yaml:"containerfile,omitempty"`
	Context       string            `yaml:"context,omitempty"`
	Target        string            `yaml:"target,omitempty"`
	Args          map[string]string `yaml:"args,omitempty"`
	Parents       map[string]any    `yaml:"parents,omitempty"` // references or names, or ProjectImages
	Contexts      map[string]string `yaml:"contexts,omitempty"`
	After         []string          `yaml:"after,omitempty,flow"`
	Sources       []Source          `yaml:"sources,omitempty"`
	Watch         []string          `yaml:"watch,omitempty"`
	Tag           any               `yaml:"tag,omitempty"` // a tag, or a TagSource
	Platforms     []string          `yaml:"platforms,omitempty,flow"`
	Runners       map[string]Tags   `yaml:"runners,omitempty"`
	Tests         []Test            `yaml:"tests,omitempty"`
	Release       []Release         `yaml:"release,omitempty"`
	Updates       *Updates          `yaml:"updates,omitempty"`
	Expires       string            `yaml:"expires,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Env           map[string]string `yaml:"env,omitempty"`
	schema.Config `yaml:",inline"`
	Users         map[string]int64 `yaml:"users,omitempty"`
	Build         *Build           `yaml:"build,omitempty"`
	Proxy         *Proxy           `yaml:"proxy,omitempty"`
	Limits        *Limits          `yaml:"limits,omitempty"`
	Stages        *Stages          `yaml:"stages,omitempty"`
	Manual        string           `yaml:"manual,omitempty"`
	// NoRelease says that the image goes nowhere, which an empty Release does not.
	NoRelease bool `yaml:"-"`
}

// Credentials are names of CI variables.
type Credentials = definition.Credentials

// Proxy has the addresses of proxies.
type Proxy = schema.Proxy

// Source is a folder of a build context with the files of another project.
type Source = schema.Source

// Stages are the stages of an image's jobs.
type Stages = definition.Stages

// Tags are the tags of runners.
type Tags []string

// ProjectImage is an image of another project.
type ProjectImage struct {
	Project string `yaml:"project"`
	Image   string `yaml:"image"`
	Tag     string `yaml:"tag,omitempty"`
}

// TagSource says where a tag is read from; one of the two is set.
type TagSource struct {
	File      string `yaml:"file,omitempty"`
	Changelog string `yaml:"changelog,omitempty"`
}

// Test is a snippet that runs inside the finished image, or beside it.
type Test struct {
	Name    string `yaml:"name"`
	Run     string `yaml:"run"`
	Outside bool   `yaml:"outside,omitempty"`
	// Checkout lets a snippet inside the image have the project's files.
	Checkout bool `yaml:"checkout,omitempty"`
}

// Release is a place that an image is released to.
type Release struct {
	Repository  string       `yaml:"repository,omitempty"`
	Tags        []string     `yaml:"tags,flow"`
	Credentials *Credentials `yaml:"credentials,omitempty"`
}

// Updates is what the scheduled update check looks at.
type Updates struct {
	Packages bool   `yaml:"packages,omitempty"`
	Command  string `yaml:"command,omitempty"`
	Base     string `yaml:"base,omitempty"`
}

// Build is how an image is built.
type Build struct {
	Env     map[string]string `yaml:"env,omitempty"`
	Timeout string            `yaml:"timeout,omitempty"`
	Cache   bool              `yaml:"cache,omitempty"`
	Secrets map[string]any    `yaml:"secrets,omitempty"` // names of variables, or SecretFiles
}

// SecretFile is a CI variable of the type File.
type SecretFile struct {
	File string `yaml:"file"`
}

// Limits are what a build may use; sizes have a unit.
type Limits struct {
	Memory     string `yaml:"memory,omitempty"`
	MemorySwap string `yaml:"memorySwap,omitempty"`
	CPUShares  int64  `yaml:"cpuShares,omitempty"`
	CPUSet     string `yaml:"cpuset,omitempty"`
}

// maxTogether is how many images stemma.yaml itself may declare; if there are more, each has its own file.
const maxTogether = 10

// imageFolder holds the files of images that have one each.
const imageFolder = "images"

// Files returns the files of the definition, stemma.yaml first: up to ten images in it, and more in one file each.
func (d *Definition) Files() ([]File, error) {
	images := slices.SortedFunc(slices.Values(d.Images), func(a, b Image) int { return strings.Compare(a.Name, b.Name) })
	top := document{Version: 1, Project: d.Project, Defaults: d.Defaults, Build: d.Build}
	var files []File
	if len(images) <= maxTogether {
		top.Images = &yaml.Node{Kind: yaml.MappingNode}
		for _, image := range images {
			value, err := node(image)
			if err != nil {
				return nil, err
			}
			top.Images.Content = append(top.Images.Content, text(image.Name), value)
		}
	} else {
		top.Include = includes(images)
		for _, image := range images {
			content, err := encode(image)
			if err != nil {
				return nil, err
			}
			files = append(files, File{Path: path.Join(imageFolder, image.Name, "image.yaml"), Content: content})
		}
	}
	content, err := encode(top)
	return append([]File{{Path: definition.YAMLFile, Content: content}}, files...), err
}

// maxAlways is how many images build in every pipeline unless the definition says something else.
const maxAlways = 20

// ChooseBuild says that images are built always where the default would need the project's path, which is not known.
func (d *Definition) ChooseBuild(r *Report) {
	if d.Project == "" && d.Build == "" && len(d.Images) > maxAlways {
		d.Build = "always"
		r.Look(diagnostic.Span{}, "build", "every pipeline has a job of every image, which skips what exists; with `project: group/name` in its place only changed images have jobs")
	}
}

// CheckName judges the name that an image has elsewhere.
func CheckName(name string) error {
	if !ImageName.Takes(name) {
		return fmt.Errorf("%s cannot be the name of an image here: it has lower-case letters and digits, single '.', '_' or '-' between them, at most two segments joined by '/', and at most 100 characters", diagnostic.Quote(name))
	}
	return nil
}

// document is what stemma.yaml holds.
type document struct {
	Version  int        `yaml:"version"`
	Project  string     `yaml:"project,omitempty"`
	Build    string     `yaml:"build,omitempty"`
	Defaults *Image     `yaml:"defaults,omitempty"`
	Include  []string   `yaml:"include,omitempty,flow"`
	Images   *yaml.Node `yaml:"images,omitempty"`
}

// includes are the patterns that name the files of the images and give each its whole name.
func includes(images []Image) []string {
	deep := slices.ContainsFunc(images, func(i Image) bool { return strings.Contains(i.Name, "/") })
	if deep {
		return []string{imageFolder + "/**/image.yaml"}
	}
	return []string{imageFolder + "/*/image.yaml"}
}

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	_ = n.Encode(s) // a text can always be written
	return n
}

// node is an image as YAML.
func node(image Image) (*yaml.Node, error) {
	n := &yaml.Node{}
	if err := n.Encode(image); err != nil {
		return nil, fmt.Errorf("write the image %s: %w", image.Name, err)
	}
	if image.NoRelease {
		n.Content = append(n.Content, text("release"), &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle})
	}
	return n, nil
}

// encode is a document as YAML.
func encode(value any) ([]byte, error) {
	if image, ok := value.(Image); ok {
		var err error
		if value, err = node(image); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("write the definition: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write the definition: %w", err)
	}
	return out.Bytes(), nil
}
