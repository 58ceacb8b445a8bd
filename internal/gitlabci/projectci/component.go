package projectci

import (
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/templates"
)

const (
	// stemma is the project that publishes stemma's own components.
	stemma = "stemma-ci/stemma"
	// thisProject and thisCommit are how a pipeline includes components of its own project.
	thisProject = "$CI_PROJECT_PATH"
	thisCommit  = "$CI_COMMIT_SHA"
)

// address is the address of a component, https://docs.gitlab.com/ci/components/#use-a-component.
type address struct{ project, name, version string }

func parseAddress(text string) address {
	path, version, _ := strings.Cut(text, "@")
	_, path, _ = strings.Cut(path, "/")
	i := strings.LastIndex(path, "/")
	if i < 0 {
		return address{version: version}
	}
	return address{path[:i], path[i+1:], version}
}

// owns reports whether the project itself publishes a component.
func (p Project) owns(a address) bool {
	return a.project == thisProject || p.Definition.Project != "" && strings.EqualFold(a.project, p.Definition.Project)
}

// component returns the file of a component of the same commit, or of this version of stemma.
func (p Project) component(text string) (name string, content []byte) {
	a := parseAddress(text)
	switch {
	case p.owns(a) && a.version == thisCommit:
		for _, name := range []string{"templates/" + a.name + ".yml", "templates/" + a.name + "/template.yml"} {
			if content, err := fs.ReadFile(p.Tree, name); err == nil {
				return name, content
			}
		}
	case a.project == stemma && a.version == schema.Version:
		if content, err := templates.FS.ReadFile(a.name + ".yml"); err == nil {
			return text, content
		}
	}
	return "", nil
}
