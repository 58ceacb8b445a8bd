// Package diff compares two versions of a project: what a change does to the images and to the jobs, and which images are rebuilt.
package diff

import (
	"io/fs"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Version is one version of a project, compiled.
type Version struct {
	// Name is for people: "the work tree", "origin/main".
	Name string
	// Commit is its commit; empty for the work tree.
	Commit string
	compiler.Result
	// Found has the findings of the compiler. With errors, the version cannot be compared.
	Found diagnostic.List
	// Files are the files of the project.
	Files fs.FS
	// Top are the files of the repository, and Folder is the folder of Files in it. Without Top, Files begin at the top.
	Top    fs.FS
	Folder string
	// Committed are the compiled files in it. The tags of the old version are those in these files: the registry has the images under them.
	Committed drift.Committed
}

// tree returns the files of the repository.
func (v Version) tree() fs.FS {
	if v.Top == nil {
		return v.Files
	}
	return v.Top
}

// Diff is what a change does to a project. Lists are empty rather than null in JSON. Fields may be added, never renamed.
type Diff struct {
	// Old and New are the compared versions.
	Old Side `json:"old"`
	New Side `json:"new"`
	// Compiler is set if another version of stemma compiled the old version: then all tags may change without a change of the definition.
	Compiler *Move `json:"compiler,omitempty"`
	// IsOutdated says that the compiled files of the old version differ from its compiled definition. The comparison uses their tags.
	IsOutdated bool `json:"outdated,omitempty"`
	// Project are the changes of the definition that are about no single image.
	Project []Change `json:"project"`
	// Lock are the changes of the lock, with the names of external images, sources and modules as keys.
	Lock []Change `json:"lock"`
	// Images are the images that the change touches, parents first, and then the removed ones by name.
	Images []Image `json:"images"`
	// Jobs are the jobs that are added, removed or changed, besides the values that follow from Images, such as tags.
	Jobs []Job `json:"jobs"`
	// Pipeline are the changes in .gitlab-ci.yml that are about no single job, with keys such as "workflow" and "include".
	Pipeline []Change `json:"pipeline,omitempty"`
	// Children are the child pipelines that the change touches, of those that the project's own jobs start with files of the repository.
	Children []Child `json:"children,omitempty"`
	// Unread are the jobs that start child pipelines with other files, such as artifacts. The jobs of these pipelines are not compared.
	Unread []string `json:"unread,omitempty"`
	// Rebuilt are the names of the images that a pipeline with the change builds, parents first. An image whose new tag exists in the
	// registry is reused, for example after a revert.
	Rebuilt []string `json:"rebuilt"`
	// Dependents are the projects that are poked after the images in Rebuilt are released.
	Dependents []Dependent `json:"dependents"`
	// Total is the number of images of the new version.
	Total int `json:"total"`
	// Contents are the differences between the images in the registry. Only ReadImages sets them.
	Contents []Contents `json:"contents,omitempty"`

	// moved are the pins that move, with whole digests.
	moved []Input
	// gone are the removed images in the order of Images.
	gone []*lineage.Image
}

// Gone returns the removed images as they were, in the order of Images.
func (d Diff) Gone() []*lineage.Image { return d.gone }

// Side is one of the versions.
type Side struct {
	Name   string `json:"name"`
	Commit string `json:"commit,omitempty"`
	// Definition is the file of the definition; empty if this version has none.
	Definition string `json:"definition,omitempty"`
	// Findings are errors that prevent the comparison.
	Findings []Finding `json:"findings,omitempty"`
	// Refused are errors in .gitlab-ci.yml because of which GitLab refuses the pipeline. Then no jobs are compared.
	Refused []Finding `json:"refused,omitempty"`
	// Outdated are committed files that differ from the compiled definition, unless they are the same in both versions. Without a definition they
	// are compiled files that the other version has, too.
	Outdated []string `json:"outdated,omitempty"`
}

// Finding is an error of the compiler.
type Finding struct {
	Place   string `json:"place"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Move is a value that was Old and is New; either may be empty.
type Move struct {
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// Kind says what happens to an image or a job.
type Kind string

// The kinds. An image is Renamed if an image with the same inputs has another name, and Rebuilt if only its parents change.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Renamed Kind = "renamed"
	Changed Kind = "changed"
	Rebuilt Kind = "rebuilt"
)

// Image is an image that the change touches.
type Image struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Was is the earlier name of a renamed image.
	Was string `json:"was,omitempty"`
	// Tag has the tags; both are the same if the image is not rebuilt, or if a hand-written tag stays.
	Tag Move `json:"tag"`
	// IsRebuilt says whether a pipeline with the change builds it.
	IsRebuilt bool `json:"rebuilt"`
	// IsStale says that its inputs change, but its hand-written tag stays: the image under the tag is used as it is.
	IsStale bool `json:"stale,omitempty"`
	// Changes are the changes of its definition and of its files.
	Changes []Change `json:"changes"`
	// Inputs are the inputs that change its content tag, as `stemma explain` lists them.
	Inputs []Input `json:"inputs"`
	// Parents are those of its parents in the project that are rebuilt, too. Causes are the images further up because of which they are: those
	// that change themselves.
	Parents []string `json:"parents"`
	Causes  []string `json:"causes"`
	// Dependents are the projects that are poked after it is rebuilt.
	Dependents []schema.Dependent `json:"dependents"`
}

// Input is an input with its hashes, or for a parent with its tags. One that is new has no Old, one that is gone no New.
type Input struct {
	Name string `json:"name"`
	Move
}

// Job is a job that the change touches.
type Job struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Image is the image that the job is about; empty for jobs about all images and those that the project wrote itself.
	Image string `json:"image,omitempty"`
	// Definition is the folder of another definition of the repository that the job is compiled from; "." is the top. The comparison of that
	// definition says what changes.
	Definition string `json:"definition,omitempty"`
	// Changes are empty unless the job is changed.
	Changes []Change `json:"changes"`
}

// Dependent is another project with the images whose rebuilds it is poked for.
type Dependent struct {
	Project string   `json:"project"`
	Ref     string   `json:"ref"`
	Images  []string `json:"images"`
}

// HasFindings reports whether one of the versions has errors, so that nothing was compared.
func (d Diff) HasFindings() bool { return len(d.Old.Findings)+len(d.New.Findings) > 0 }

// HasErrors reports whether one of the versions has errors, so that not everything was compared.
func (d Diff) HasErrors() bool {
	return d.HasFindings() || d.isRefused() || slices.ContainsFunc(d.Children, func(child Child) bool { return len(child.OldRefused)+len(child.NewRefused) > 0 })
}

func (d Diff) isRefused() bool { return len(d.Old.Refused)+len(d.New.Refused) > 0 }

// IsEmpty reports whether the change has no effect on images and jobs.
func (d Diff) IsEmpty() bool {
	changes := len(d.Project) + len(d.Lock) + len(d.Images) + len(d.Jobs) + len(d.Pipeline) + len(d.Children) + len(d.Old.Outdated) + len(d.New.Outdated)
	return changes == 0 && !d.isRefused()
}

// Compare compares two versions. It reads the contents of files that differ.
func Compare(old, new Version) (Diff, error) {
	hasNone := !new.hasDefinition() && !old.hasDefinition()
	for _, v := range []*Version{&old, &new} {
		if !v.hasDefinition() { // it has neither images nor findings
			v.Result = compiler.Result{}
			if !hasNone || v == &old {
				v.Found = diagnostic.List{}
			}
		}
	}
	d := Diff{
		Old: side(old), New: side(new), Project: []Change{}, Lock: []Change{}, Images: []Image{}, Jobs: []Job{}, Rebuilt: []string{}, Dependents: []Dependent{},
	}
	if d.HasFindings() {
		return d, nil
	}
	c := newComparison(old, new)
	d.Compiler, d.Total = c.compiler(), len(c.new.images)
	d.Project = projectChanges(old.Definition, new.Definition)
	d.Lock, d.moved = lockChanges(old.Lock, new.Lock)
	var err error
	if d.Images, err = c.compareImages(); err != nil {
		return Diff{}, err
	}
	d.gone = c.gone
	d.IsOutdated = c.isOutdated && d.Compiler == nil
	d.Old.Outdated, d.New.Outdated = c.outdated()
	if err := c.comparePipelines(&d); err != nil {
		return Diff{}, err
	}
	d.Rebuilt, d.Dependents = reach(d.Images)
	return d, nil
}

// comparePipelines compares the jobs and the rest of the pipelines, unless GitLab refuses one of them.
func (c *comparison) comparePipelines(d *Diff) error {
	c.forgetCompiled()
	for _, h := range []*half{&c.old, &c.new} {
		if err := h.readPipelines(); err != nil {
			return err
		}
	}
	d.Old.Refused, d.New.Refused = c.old.handwritten.refused, c.new.handwritten.refused
	if !d.isRefused() {
		d.Jobs, d.Pipeline = c.compareAllJobs(d.Images), compareKeywords(c.old.handwritten.keywords, c.new.handwritten.keywords)
		d.Children, d.Unread = c.compareChildren(), unread(c.new.children)
	}
	return nil
}

func side(v Version) Side {
	s := Side{Name: v.Name, Commit: v.Commit, Findings: findings(v.Found.Errors())}
	if v.Definition != nil {
		s.Definition = v.Definition.File
	}
	return s
}

func findings(errors diagnostic.List) (all []Finding) {
	for _, d := range errors {
		all = append(all, Finding{Place: d.Span.String(), Code: string(d.Code), Message: d.Message, Hint: d.Hint})
	}
	return all
}

// reach returns the images that are rebuilt, and the projects that are poked because of them.
func reach(images []Image) (rebuilt []string, dependents []Dependent) {
	rebuilt, dependents = []string{}, []Dependent{}
	index := map[[2]string]int{}
	for _, image := range images {
		if !image.IsRebuilt {
			continue
		}
		rebuilt = append(rebuilt, image.Name)
		for _, dependent := range image.Dependents {
			key := [2]string{dependent.Project, dependent.Ref}
			i, known := index[key]
			if !known {
				i, index[key] = len(dependents), len(dependents)
				dependents = append(dependents, Dependent{Project: dependent.Project, Ref: dependent.Ref})
			}
			dependents[i].Images = append(dependents[i].Images, image.Name)
		}
	}
	return rebuilt, dependents
}
