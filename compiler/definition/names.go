package definition

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// checkNames reports images whose names collide in another spelling: in the variables that carry results between jobs, and in the files of
// components.
func (l *loader) checkNames(images []*Image) {
	variables, components := map[string]*Image{}, map[string]*Image{}
	for _, image := range images {
		names := []string{schema.DotenvSuffix(image.Name)}
		for _, platform := range image.Platforms {
			names = append(names, schema.DotenvSuffix(image.Name+"@"+schema.Arch(string(platform))))
		}
		for _, name := range names {
			l.claim(variables, image, name, "the variable "+schema.PrefixRef+name)
		}
		if image.Publish.Value {
			l.claim(components, image, ComponentFile(image.Name), "the component "+ComponentFile(image.Name))
		}
	}
}

func (l *loader) claim(claimed map[string]*Image, image *Image, name, what string) {
	if first, ok := claimed[name]; ok && first != image {
		l.found.Errorf(diagnostic.NameCollision, image.Span, "the images %s and %s would share %s", first.Name, image.Name, what).
			WithNote(first.Span, "the other image").WithHint("rename one of them").WithKey(image.Name)
		return
	}
	claimed[name] = image
}

// ComponentFile is the file of an image's component: "a/b" is templates/a.b.yml.
func ComponentFile(image string) string {
	return "templates/" + strings.ReplaceAll(image, "/", ".") + ".yml"
}

// MaxAlways is the number of images up to which every build job is in every pipeline by default.
const MaxAlways = 20

// IsChanged reports whether rules select the images whose files changed.
func (d *Definition) IsChanged() bool {
	return d.Build == Changed || d.Build == Automatic && len(d.Images) > MaxAlways
}

// maxTogether is the number of images up to which their jobs are in one pipeline by default.
const maxTogether = 100

// HasChildren reports whether the jobs are in child pipelines.
func (d *Definition) HasChildren() bool {
	if d.Children.Present() {
		return d.Children.Value && len(d.Images) > 0
	}
	return len(d.Images) > maxTogether
}

// checkProject reports settings that need the project's path if it is missing.
func (l *loader) checkProject(d *Definition, root *tree.Node) {
	if d.Project != "" || root.Get("project") != nil {
		return
	}
	if d.IsChanged() {
		l.found.Errorf(diagnostic.MissingKey, root.Span, "the key \"project\" is missing, which `build: changed` needs").
			WithHint("add `project: group/name`, whose registry has the images that a fork has not built; with more than %d images `build: changed` is the default", MaxAlways).
			WithKey("project")
	}
	for _, image := range d.Images {
		if image.Publish.Value {
			l.found.Errorf(diagnostic.MissingKey, image.Publish.Span, "the key \"project\" is missing, which `publish` needs").
				WithHint("add `project: group/name`, where other projects find the image").WithKey("project")
		}
	}
}
