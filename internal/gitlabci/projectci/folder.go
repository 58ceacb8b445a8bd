package projectci

import (
	"path"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/schema"
)

// checkFolder reports the paths in jobs of a definition in a subfolder: they begin at the definition, and jobs start at the top of the
// repository.
func (p *project) checkFolder() {
	if p.Folder == "." {
		return
	}
	effect := lostPaths(p.Compiled)
	if effect == "" {
		return
	}
	p.found.Warnf(diagnostic.Subfolder, p.include(), "jobs start at the top of the repository, and paths of %s begin at %s, so %s", p.Definition.File, p.Folder, effect).
		WithHint("move %s to the top of the repository, and write the paths in it from there, such as %s", p.Definition.File, path.Join(p.Folder, "Containerfile")).
		WithKey(p.Folder)
}

// lostPaths says what happens to a path that a job does not find; it is empty if the jobs have no paths.
func lostPaths(compiled pipeline.Pipeline) (effect string) {
	sections := compiled.Sections
	for _, child := range compiled.Children {
		effect = "the child pipelines are not found"
		sections = append(sections, child.Sections...)
	}
	for _, section := range sections {
		for _, job := range section.Jobs {
			for _, variable := range job.Variables {
				if variable.Name == schema.VarContainerfile {
					return "the build of " + section.Image + " does not find " + variable.Value
				}
			}
			for _, rule := range job.Rules {
				if len(rule.Changes) > 0 {
					effect = "`build: changed` builds nothing"
				}
			}
		}
	}
	return effect
}
