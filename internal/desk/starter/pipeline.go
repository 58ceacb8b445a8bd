package starter

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

//go:embed files/gitlab-ci.yml
var firstPipeline string

// inputs is the head of a pipeline that takes the inputs of the compiled file.
//
//go:embed files/inputs.yml
var inputs string

// include includes what the definition compiles to in .gitlab-ci.yml, and reports whether there was something to change. A change of a
// file that exists is shown first. If the report of an import has lines that the change moves, it says so.
func (r Request) include(ctx context.Context, isImported bool) (isChanged bool, err error) {
	wanted, err := r.wanted(ctx)
	if err != nil {
		return false, err
	}
	tree, err := r.open()
	if err != nil {
		return false, err
	}
	defer tree.Close()
	old, err := fs.ReadFile(tree, projectci.File)
	if errors.Is(err, fs.ErrNotExist) {
		return true, r.write(tree, worktree.Change{Path: projectci.File, Content: []byte(wanted.head() + strings.TrimSuffix(wanted.lines(), "\n") + comment() + "\n" + firstPipeline)})
	}
	if err != nil {
		return false, err
	}
	content, err := wanted.addTo(tree, string(old))
	switch {
	case err != nil:
		fmt.Fprintf(r.Out, "%s stays as it is: %s. It needs these lines, if it does not have them:\n\n%s%sstages: [%s]\n\n%s\n",
			projectci.File, err, wanted.head(), wanted.lines(), strings.Join(wanted.stages, ", "), projectci.Workflow)
		return true, nil
	case content == string(old):
		return false, nil
	}
	fmt.Fprintf(r.Out, "%s", diff.Diff(projectci.File, old, projectci.File, []byte(content)))
	if !r.Yes {
		if answer, ok := r.ask("Write this change? y or n: "); !ok || answer != "y" && answer != "yes" {
			fmt.Fprintf(r.Out, "%s stays as it is; `stemma init --yes` makes this change\n", projectci.File)
			return true, nil
		}
	}
	if isImported && isMoved(string(old), content) {
		fmt.Fprintf(r.Out, "The lines of the report are those of %s before this change.\n", projectci.File)
	}
	return true, r.write(tree, worktree.Change{Path: projectci.File, Content: []byte(content)})
}

// isMoved reports whether a change that only adds has moved the last line of a file.
func isMoved(old, content string) bool {
	before, after := strings.Split(strings.TrimRight(old, "\n"), "\n"), strings.Split(content, "\n")
	last := len(before) - 1
	return last >= len(after) || before[last] != after[last]
}

// included is what a pipeline needs for the compiled jobs.
type included struct {
	stages []string
	// hasInputs says that other projects, a schedule, or a person who rebuilds a chain start pipelines with inputs.
	hasInputs bool
}

// wanted compiles the project. While its definition has errors, the stages are the usual ones.
func (r Request) wanted(ctx context.Context) (included, error) {
	p, err := project.Open(ctx, r.Dir, r.Environ)
	if err != nil {
		return included{}, err
	}
	defer p.Close()
	if p.Found.HasErrors() || p.Definition == nil {
		return included{stages: usualStages}, nil
	}
	return included{stagesOf(p.Pipeline), slices.ContainsFunc(p.Graph.Images, takesInputs)}, nil
}

// takesInputs reports whether something starts pipelines that rebuild an image: a parent's project, a schedule, or, for the first image of a
// chain, a person.
func takesInputs(image *lineage.Image) bool {
	return image.Updates.Scheduled() || len(image.Dependents) > 0 || slices.ContainsFunc(image.Parents, func(parent lineage.Parent) bool { return parent.Project.Path != "" })
}

var usualStages = []string{"build", "test", "deploy"}

// stagesOf are the stages of a pipeline's jobs, the usual ones first.
func stagesOf(compiled pipeline.Pipeline) []string {
	var stages []string
	add := func(jobs []pipeline.Job) {
		for _, job := range jobs {
			if job.Stage != "" && !slices.Contains(stages, job.Stage) {
				stages = append(stages, job.Stage)
			}
		}
	}
	add(compiled.Checks)
	for _, section := range compiled.Sections {
		add(section.Jobs)
	}
	slices.SortStableFunc(stages, func(a, b string) int { return place(a) - place(b) })
	return stages
}

func place(stage string) int {
	if i := slices.Index(usualStages, stage); i >= 0 {
		return i
	}
	return len(usualStages)
}

// addTo returns the content of a .gitlab-ci.yml with what it lacks.
func (w included) addTo(tree fs.FS, content string) (string, error) {
	read, _, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: projectci.File})
	if err != nil {
		return "", err
	}
	hasWorkflow := len(read.Unread) > 0 || read.Top.Get("workflow") != nil
	if content, err = w.include(content); err != nil {
		return "", err
	}
	if content, err = edit.Stages(content, w.stages); err != nil {
		return "", err
	}
	if hasWorkflow {
		return content, nil
	}
	return strings.TrimSuffix(content, "\n") + "\n\n" + projectci.Workflow, nil
}

// include returns the content with the include, which passes the inputs on.
func (w included) include(content string) (string, error) {
	add := edit.Include
	if includes(content) {
		add = edit.Inputs
	}
	changed, err := add(content, w.entry())
	switch {
	case err != nil || strings.TrimSuffix(changed, "\n") == strings.TrimSuffix(content, "\n"):
		return content, err
	case w.hasInputs && hasHead(content):
		return "", errors.New("it has a head of its own")
	}
	return w.head() + changed, nil
}

// includes reports whether a line that is no comment names the compiled file.
func includes(content string) bool {
	for line := range strings.Lines(content) {
		if before, _, ok := strings.Cut(line, definition.OutputFile); ok && !strings.Contains(before, "#") {
			return true
		}
	}
	return false
}

func hasHead(content string) bool {
	return strings.HasPrefix(content, "spec:") || strings.Contains(content, "\nspec:")
}

func (w included) head() string {
	if w.hasInputs {
		return inputs
	}
	return ""
}

// entry is the entry of `include`.
func (w included) entry() edit.Inclusion {
	entry := edit.Inclusion{File: definition.OutputFile}
	if w.hasInputs {
		entry.Inputs = []string{schema.InputRebuild, schema.InputPokedBy, schema.InputWave, schema.InputWavePath}
	}
	return entry
}

// lines include the compiled file and nothing else.
func (w included) lines() string { return "include:\n  - " + w.entry().Lines("    ") + "\n" }
