// Package diff compares two versions of a project: what a change does to the images and to the jobs, and which images are rebuilt.
package diff

import (
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Version is one version of a project, compiled. A project without a definition has the zero Result.
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
	// Committed are the compiled files in it. They count for the old version: the registry has the images under their tags.
	Committed drift.Committed
}

// Diff is what a change does to a project. Lists are empty rather than null in JSON. Fields may be added, never renamed.
type Diff struct {
	// Old and New are the compared versions.
	Old Side `json:"old"`
	New Side `json:"new"`
	// Compiler is set if another version of stemma compiled the old version: then all tags may change without a change of the definition.
	Compiler *Move `json:"compiler,omitempty"`
	// IsOutdated says that the compiled files of the old version are not what its definition compiles to. Their tags count.
	IsOutdated bool `json:"outdated,omitempty"`
	// Project are the changes of the definition that are about no single image.
	Project []Change `json:"project"`
	// Lock are the changes of the lock, with the names of external images, sources and modules as keys.
	Lock []Change `json:"lock"`
	// Images are the images that the change touches, parents first, and then the removed ones by name.
	Images []Image `json:"images"`
	// Jobs are the jobs that are added, removed or changed, besides the values that follow from Images, such as tags.
	Jobs []Job `json:"jobs"`
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
}

// Side is one of the versions.
type Side struct {
	Name   string `json:"name"`
	Commit string `json:"commit,omitempty"`
	// Definition is the file of the definition; empty if this version has none.
	Definition string `json:"definition,omitempty"`
	// Findings are errors that prevent the comparison.
	Findings []Finding `json:"findings,omitempty"`
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

// IsEmpty reports whether the change has no effect on images and jobs.
func (d Diff) IsEmpty() bool {
	return len(d.Project)+len(d.Lock)+len(d.Images)+len(d.Jobs) == 0
}

// Compare compares two versions. It reads the contents of files that differ.
func Compare(old, new Version) (Diff, error) {
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
	d.Jobs = c.compareJobs(d.Images)
	d.IsOutdated = c.isOutdated && d.Compiler == nil
	d.Rebuilt, d.Dependents = reach(d.Images)
	return d, nil
}

func side(v Version) Side {
	s := Side{Name: v.Name, Commit: v.Commit}
	if v.Definition != nil {
		s.Definition = v.Definition.File
	}
	for _, d := range v.Found {
		if d.Severity == diagnostic.Error {
			s.Findings = append(s.Findings, Finding{Place: d.Span.String(), Code: string(d.Code), Message: d.Message, Hint: d.Hint})
		}
	}
	return s
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
