package diff

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// otherJob is a job that is compiled from another definition of the repository, in the folder of that. It has the keys that GitLab sees.
type otherJob struct {
	folder string
	keys   *ciyaml.Value
}

// outlineOthers returns the jobs that files in a pipeline are compiled to from other definitions, with the folders of these, and replaces the
// files in a tree by their outlines.
func (p *pipelines) outlineOthers(read *ciyaml.Pipeline, tree project.Overlay) (map[string]string, error) {
	folders := map[string]string{}
	for _, file := range read.Files {
		folder, isOther := p.otherDefinition(file.Name)
		if !isOther || tree.Has(file.Name) {
			continue
		}
		content, err := fs.ReadFile(tree, file.Name)
		if err != nil {
			return nil, fmt.Errorf("read a compiled file: %w", err)
		}
		if !drift.IsCompiled(content) {
			continue
		}
		outline, names := outlineOfOther(file.Name, content)
		tree.Contents[file.Name] = outline
		for _, name := range names {
			folders[name] = folder
		}
	}
	return folders, nil
}

// othersOf returns the jobs of a pipeline that are compiled from the definitions in some folders.
func othersOf(whole *ciyaml.Pipeline, folders map[string]string) map[string]otherJob {
	jobs := map[string]otherJob{}
	for _, job := range whole.Jobs {
		if folder, isOther := folders[job.Name]; isOther {
			jobs[job.Name] = otherJob{folder, job.Keys}
		}
	}
	return jobs
}

// otherDefinition returns the folder of the definition that compiles to a file, if that is not the definition of the version. A file that only
// begins like a compiled one belongs to no definition.
func (p *pipelines) otherDefinition(file string) (folder string, ok bool) {
	folder, isOutput := strings.CutSuffix("/"+file, "/"+definition.OutputFile)
	if !isOutput {
		folder, isOutput = strings.CutSuffix("/"+path.Dir(file), "/"+definition.OutputFolder)
	}
	folder = path.Join(".", folder)
	return folder, isOutput && folder != path.Clean(p.Folder) && slices.ContainsFunc([]string{definition.YAMLFile, definition.CUEFile}, func(name string) bool {
		_, err := fs.Stat(p.tree(), path.Join(folder, name))
		return err == nil
	})
}

// compareOthers compares the jobs of other definitions, without saying what changes in them: their own comparison does.
func (c *comparison) compareOthers() (jobs []Job) {
	was, is := c.old.otherJobs(), c.new.otherJobs()
	for _, key := range keysOf(was, is) {
		folder, name, _ := strings.Cut(key, "\x00")
		job := Job{Name: name, Kind: Changed, Definition: folder, Changes: []Change{}}
		switch {
		case was[key] == nil:
			job.Kind = Added
		case is[key] == nil:
			job.Kind = Removed
		case reflect.DeepEqual(was[key], is[key]):
			continue
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// otherJobs returns the keys of the visible jobs of other definitions, in the project's pipeline and in its child pipelines, by folder and name.
func (h half) otherJobs() map[string]any {
	jobs := map[string]any{}
	add := func(pipeline *handwritten) {
		for name, job := range pipeline.others {
			if !strings.HasPrefix(name, ".") {
				jobs[job.folder+"\x00"+name] = plainYAML(job.keys)
			}
		}
	}
	add(h.handwritten)
	for _, child := range h.children {
		add(child)
	}
	return jobs
}
