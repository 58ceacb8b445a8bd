package citemplates

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema"
)

// template is what the name of a template says.
type template struct {
	kind         kind
	distribution string
	// platform is the one that the name ends with; it may be empty.
	platform string
}

type kind int

const (
	buildsContainer kind = iota
	buildsMachine
	buildsAncient
	runsInDistribution
	runsInSuffixed
	runsInMachine
)

// isBuild reports whether jobs that extend the template build an image.
func (t template) isBuild() bool { return t.kind <= buildsAncient }

var kinds = map[string]kind{
	"container-build": buildsContainer, "container-ifnot-exists": buildsContainer,
	"qemu-build": buildsMachine, "qemu-ifnot-exists": buildsMachine,
	"distribution-image": runsInDistribution, "distribution_image": runsInDistribution, "suffixed-image": runsInSuffixed,
	"b2c-image": runsInMachine, "b2c-suffixed-image": runsInMachine,
}

var platforms = map[string]string{"x86_64": "linux/amd64", "aarch64": "linux/arm64"}

var (
	templateName = regexp.MustCompile(`^\.fdo\.([a-z0-9_-]+)@([a-z0-9._-]+?)(?:@(x86_64|aarch64))?$`)
	ancientName  = regexp.MustCompile(`^\.([a-z0-9]+)@((?:container|qemu)-(?:build|ifnot-exists))(?:@.*)?$`)
)

func parseTemplate(name string) (template, bool) {
	if m := templateName.FindStringSubmatch(name); m != nil {
		kind, ok := kinds[m[1]]
		return template{kind, m[2], platforms[m[3]]}, ok
	}
	if m := ancientName.FindStringSubmatch(name); m != nil {
		return template{kind: buildsAncient, distribution: m[1]}, true
	}
	return template{}, false
}

// builder is the template that makes a job build an image; of several the last, as GitLab merges them. A job with a script and an
// image of its own only takes the variables of one that builds.
func builder(job *ciyaml.Job) (template, bool) {
	if !isTemplates(job, "script") && !isTemplates(job, "image") {
		return template{}, false
	}
	for _, parent := range slices.Backward(job.Parents) {
		if t, ok := parseTemplate(parent.Name); ok && t.isBuild() {
			return t, true
		}
	}
	return template{}, false
}

// templates are the files of ci-templates and stemma's own, which have the same names.
type templates struct{}

var (
	templateFile      = regexp.MustCompile(`^/?templates/[a-z0-9_-]+\.yml$`)
	templateAddress   = regexp.MustCompile(`/(?:[a-z-]*ci-templates|stemma)/-/raw/[^/]+/templates/[a-z0-9_-]+\.yml$`)
	templateComponent = regexp.MustCompile(`/(?:[a-z-]*ci-templates|stemma)/[a-z0-9_-]+@[^/]+$`)
)

// Knows reports whether an include is one of theirs.
func (templates) Knows(include ciyaml.Include) bool {
	switch include.Kind {
	case "project":
		base := path.Base(include.Name)
		return (strings.HasSuffix(base, "ci-templates") || base == "stemma") &&
			!slices.ContainsFunc(include.Files, func(file string) bool { return !templateFile.MatchString(file) })
	case "remote":
		return templateAddress.MatchString(include.Name)
	case "component":
		return templateComponent.MatchString(include.Name)
	}
	return false
}

// ofTemplate marks a value that the templates set, to distinguish it from a job's own.
const ofTemplate = "the template's"

// isTemplates reports whether a key of a job is the template's. Files that have a template of their own may set it too.
func isTemplates(job *ciyaml.Job, key string) bool {
	v := job.Keys.Get(key)
	return v != nil && (v.String() == ofTemplate || slices.ContainsFunc(v.Texts(), func(line string) bool { return strings.Contains(line, "cbuild") }))
}

// Job is what matters of a template: its variables, and the keys that it sets.
func (templates) Job(name string) (*ciyaml.Value, bool) {
	out := &ciyaml.Value{Kind: ciyaml.Map}
	t, ok := parseTemplate(name)
	switch {
	case !ok:
		return out, strings.HasPrefix(name, ".fdo.") || strings.HasPrefix(name, ".pull.")
	case t.isBuild():
		set(out, "script", text(ofTemplate))
		set(out, "image", text(ofTemplate))
	}
	variables := &ciyaml.Value{Kind: ciyaml.Map}
	set(variables, schema.VarDistributionName, text(t.distribution))
	switch t.kind {
	case runsInDistribution:
		set(variables, schema.VarDistributionImage, text("$CI_REGISTRY_IMAGE/"+t.distribution+"/$"+schema.VarDistributionVersion+":$"+schema.VarDistributionTag))
	case runsInSuffixed:
		set(variables, schema.VarDistributionImage, text("$CI_REGISTRY_IMAGE/$"+schema.VarRepoSuffix+":$"+schema.VarDistributionTag))
	case buildsContainer, buildsMachine, buildsAncient, runsInMachine:
	}
	set(out, "variables", variables)
	return out, true
}

func text(s string) *ciyaml.Value { return &ciyaml.Value{Kind: ciyaml.Text, Text: s} }

func set(m *ciyaml.Value, key string, value *ciyaml.Value) {
	m.Fields = append(m.Fields, ciyaml.Field{Name: key, Value: value})
}
