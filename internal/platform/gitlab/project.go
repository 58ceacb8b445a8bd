package gitlab

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Project is a project's path, "group/subgroup/project", or its number.
type Project struct{ path string }

var (
	projectPath   = pattern.Lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$`)
	projectNumber = pattern.Lazy(`^[1-9][0-9]*$`)
)

// maxPath is how long a path may be; GitLab allows 20 groups within each other.
const maxPath = 1024

// ParseProject reads a project's path, with the shape that GitLab gives paths, or its number.
func ParseProject(text string) (Project, error) {
	if !projectPath().MatchString(text) && !projectNumber().MatchString(text) || len(text) > maxPath {
		return Project{}, fmt.Errorf("%q is not a project: it looks like group/project", text)
	}
	return Project{text}, nil
}

// String returns the path as it was written.
func (p Project) String() string { return p.path }
