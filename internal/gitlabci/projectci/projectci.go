// Package projectci compares compiled jobs with the project around them: the .gitlab-ci.yml that includes them, and the path
// that the project has on GitLab.
package projectci

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
)

// File is where GitLab looks for a project's pipeline, unless the project's settings name another file.
const File = ".gitlab-ci.yml"

// Project is a project whose pipeline is checked.
type Project struct {
	// Tree begins at the top of the repository, as the paths of includes do. Folder is the definition's folder there; "." is the top.
	Tree       fs.FS
	Folder     string
	Definition *definition.Definition
	Compiled   pipeline.Pipeline
	// Tags returns the names of the repository's git tags. It is called only where the pipeline includes a component of the project by
	// its version.
	Tags func() []string
}

// output is the path of the compiled file.
func (p Project) output() string { return path.Join(p.Folder, definition.OutputFile) }

// Check reports what is wrong with the compiled jobs in the project's pipeline. It says only what is certain: nothing where
// .gitlab-ci.yml is missing, and nothing that an include of another project could change. If GitLab would refuse to read the
// pipeline, only that and jobs that are gone are reported. It returns the includes that it could not read. The error is one of the file
// system's.
func Check(source Project, found *diagnostic.List) (unread []ciyaml.Include, err error) {
	read, problems, err := ciyaml.Read(ciyaml.Source{Tree: source.Tree, Name: File, Component: source.component})
	if errors.Is(err, fs.ErrNotExist) { // the settings of the project can name the file beside the definition
		read, problems, err = ciyaml.Read(ciyaml.Source{Tree: source.Tree, Name: path.Join(source.Folder, File), Component: source.component})
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the project's pipeline: %w", err)
	}
	if !found.HasErrors() { // an error may be that the compiled files are out of date
		reportUnreadable(problems, found)
	}
	if read.Top != nil {
		newProject(source, read, found).check(problems)
	}
	return read.Unread, nil
}

func (p *project) check(problems diagnostic.List) {
	p.checkVersions()
	if !problems.HasErrors() && !p.found.HasErrors() {
		p.checkInputs()
	}
	if len(p.compiledJobs) == 0 {
		if !problems.HasErrors() {
			p.checkIncluded()
		}
		return
	}
	p.checkGone()
	if problems.HasErrors() {
		return
	}
	p.checkMerged()
	p.checkFolder()
	if !p.found.HasErrors() {
		p.checkUnknown()
	}
	p.checkTagged()
	p.checkWorkflow()
	p.checkStages()
	p.checkTags()
	if !p.found.HasErrors() && p.isAllRead() {
		p.checkWhole()
	}
}

// checkWhole checks a pipeline of which everything was read.
func (p *project) checkWhole() {
	if hasInputs(p.read.Top) {
		return
	}
	c, problems := config.Read(p.read.Top)
	if len(problems) > 0 {
		reportProblems(problems, p.found)
		return
	}
	p.checkLimits(c)
	p.checkDropped(c)
}

// reportUnreadable reports for which reasons GitLab would not read the pipeline.
func reportUnreadable(problems diagnostic.List, found *diagnostic.List) {
	for _, p := range problems.Errors() {
		found.Errorf(diagnostic.Pipeline, p.Span, "GitLab refuses the pipeline: %s", p.Message).WithHint("%s", p.Hint)
	}
}

// project is a project's pipeline with the compiled jobs in it.
type project struct {
	Project
	found *diagnostic.List
	read  *ciyaml.Pipeline
	// jobs are those that are not hidden, in their order.
	jobs   []*ciyaml.Job
	byName map[string]*ciyaml.Job
	// compiledJobs are those of them that were compiled, as the project's own files change them.
	compiledJobs []*ciyaml.Job
	// names are those that were compiled, and images those whose jobs they are.
	names, images map[string]bool
}

func newProject(source Project, read *ciyaml.Pipeline, found *diagnostic.List) *project {
	p := &project{Project: source, found: found, read: read, byName: map[string]*ciyaml.Job{}, names: map[string]bool{}, images: map[string]bool{}}
	p.addCompiled()
	isIncluded := slices.ContainsFunc(read.Files, func(file ciyaml.File) bool { return file.Name == p.output() })
	for _, job := range read.Jobs {
		if job.IsHidden() {
			continue
		}
		p.jobs = append(p.jobs, job)
		p.byName[job.Name] = job
		if isIncluded && p.names[job.Name] { // otherwise it may be a compiled job of another definition
			p.compiledJobs = append(p.compiledJobs, job)
		}
	}
	return p
}

// addCompiled adds the names of the compiled jobs that are in the project's own pipeline, and of the images whose jobs are.
func (p *project) addCompiled() {
	jobs := slices.Clone(p.Compiled.Checks)
	for _, child := range p.Compiled.Children {
		jobs = append(jobs, child.Trigger)
	}
	if p.Compiled.Children == nil {
		for _, section := range p.Compiled.Sections {
			jobs = append(jobs, section.Jobs...)
			p.images[section.Image] = true
		}
	}
	for _, job := range jobs {
		p.names[job.Name] = true
	}
}

// isAllRead reports whether everything that the pipeline includes was read, and no rules leave out some of it.
func (p *project) isAllRead() bool { return len(p.read.Unread) == 0 && len(p.read.Conditional) == 0 }

// isWhole reports whether everything that the pipeline includes was read. The components of this project count as read: they
// have jobs and nothing else.
func (p *project) isWhole() bool {
	return !slices.ContainsFunc(p.read.Unread, func(include ciyaml.Include) bool {
		return include.Kind != "component" || !strings.Contains(include.Name, "/stemma-ci/stemma/")
	})
}

// include is the place where the project includes something, or its whole file.
func (p *project) include() diagnostic.Span {
	if include := p.read.Top.Get("include"); include != nil {
		return include.At
	}
	return diagnostic.Span{File: File}
}

// flat are the items of a list and of the lists in it: GitLab joins them.
func flat(v *ciyaml.Value) []*ciyaml.Value {
	if v == nil {
		return nil
	}
	var out []*ciyaml.Value
	for _, item := range v.Items {
		if item.Kind == ciyaml.List {
			out = append(out, flat(item)...)
		} else {
			out = append(out, item)
		}
	}
	return out
}
