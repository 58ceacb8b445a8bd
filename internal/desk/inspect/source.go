package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// pipelineOf returns a project with its pipeline as it is after `stemma compile`. If there is no .gitlab-ci.yml, or if it includes what is not
// in the project, the pipeline has the compiled jobs alone, as a note says.
func pipelineOf(p *project.Project) (*config.Project, []string, error) {
	tree := project.Overlay{FS: p.Tree, Contents: map[string][]byte{}}
	for _, file := range p.Files {
		tree.Contents[file.Path] = file.Content
	}
	source := &config.Project{Path: cmp.Or(p.Definition.Project, "group/project"), Tree: tree}
	read, _, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: projectci.File})
	var note string
	switch {
	case errors.Is(err, fs.ErrNotExist):
		note = "there is no " + projectci.File + ", so this is the plan of the compiled jobs alone"
	case err != nil:
		return nil, nil, fmt.Errorf("read the project's pipeline: %w", err)
	case len(read.Unread) > 0:
		note = fmt.Sprintf("%s includes the %s %s, which is not in this project, so this is the plan of the compiled jobs alone", projectci.File, read.Unread[0].Kind, read.Unread[0].Name)
	default:
		return source, nil, nil
	}
	tree.Contents[projectci.File] = alone(p)
	return source, []string{note}, nil
}

// alone is a pipeline that includes the compiled file and nothing else.
func alone(p *project.Project) []byte {
	var b strings.Builder
	b.WriteString("include: [{local: /" + definition.OutputFile + "}]\nstages:\n")
	seen := map[string]bool{}
	for _, section := range p.Pipeline.Sections {
		for _, job := range section.Jobs {
			if job.Stage != "" && !seen[job.Stage] {
				seen[job.Stage] = true
				fmt.Fprintf(&b, "  - %q\n", job.Stage)
			}
		}
	}
	for _, stage := range []string{"build", "deploy"} {
		if !seen[stage] {
			fmt.Fprintf(&b, "  - %s\n", stage)
		}
	}
	return []byte(b.String())
}
