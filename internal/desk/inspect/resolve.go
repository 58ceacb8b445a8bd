package inspect

import (
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/resolved"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Resolve returns the resolved definition of a project, with only the named images if there are names.
func Resolve(p *project.Project, names []string) (resolved.Value, error) {
	value := p.Resolved(p.Date)
	for _, name := range names {
		if _, err := p.Image(name); err != nil {
			return resolved.Value{}, err
		}
	}
	maps.DeleteFunc(value.Images, func(name string, _ *resolved.Image) bool { return len(names) > 0 && !slices.Contains(names, name) })
	return value, nil
}
