package zuul

import (
	"regexp"
	"slices"
	"strings"
)

// run is a job with images, in a pipeline of the project or in none.
type run struct {
	*frozen
	stage    stage
	pipeline string
	scope    scope
	// workDir is where the builder starts, below the home folder.
	workDir string
}

// stage is what a job does with its images.
type stage uint8

const (
	// building makes images and keeps them to itself.
	building stage = iota
	// uploading makes images and pushes them: under names that a promotion reads, or under their own.
	uploading
	// promoting gives images that were pushed their own tags.
	promoting
)

// The variables that hold images.
const (
	varDockerImages    = "docker_images"
	varContainerImages = "container_images"
)

// runs are the jobs of the tree that have images, in each pipeline that has them.
func (c *conversion) runs() []*run {
	uses, elsewhere := c.uses(c.isOther)
	if len(elsewhere) > 0 {
		var names []string
		for _, template := range elsewhere {
			names = append(names, template.printed())
		}
		c.report.Look(elsewhere[0].at, "templates", "they come from other projects, so what they run is not seen: %s", strings.Join(names, ", "))
	}
	used := map[string]bool{}
	var out []*run
	for i := range uses {
		used[uses[i].job] = true
		if r := c.run(c.freeze(uses[i].job, &uses[i]), uses[i].pipeline); r != nil {
			out = append(out, r)
		}
	}
	parents := map[string]bool{}
	for _, name := range c.names {
		parents[c.parentOf(name)] = true
	}
	for _, name := range c.names {
		if used[name] || c.isAbstract(name, parents[name]) {
			continue
		}
		f := c.freeze(name, nil)
		if r := c.run(f, ""); r != nil {
			c.noteLook(f.at, name, "no pipeline of this tree runs it; its images are converted all the same")
			out = append(out, r)
		}
	}
	return out
}

// isOther reports a stanza of another project, where one repository configures several.
func (c *conversion) isOther(project *node) bool {
	name := project.get("name").printed()
	if _, others := c.stanzas(); !others || name == "" || c.isCalled(name) {
		return false
	}
	c.report.Look(project.at, name, "the stanza is about another project, so the pipelines in it are passed over")
	return true
}

// isAbstract says whether a job is there for others to be made of: it says so, or others are and no pipeline runs it.
func (c *conversion) isAbstract(name string, isParent bool) bool {
	for _, variant := range c.variants[name] {
		if abstract := variant.attribute("abstract"); abstract != nil && abstract.value == true {
			return true
		}
	}
	for _, variant := range c.variants[name] {
		if vars := variant.attribute("vars"); isParent && (vars.get(varDockerImages) != nil || vars.get(varContainerImages) != nil) {
			c.noteLook(variant.at, name, "no pipeline of this tree runs it; its images are converted as those of the jobs that are made of it")
		}
	}
	return isParent
}

// run is a job as it runs, or nil where it has no images or does something else with them.
func (c *conversion) run(f *frozen, pipeline string) *run {
	if f.vars[varDockerImages] == nil && f.vars[varContainerImages] == nil {
		c.without(f)
		return nil
	}
	r := &run{frozen: f, pipeline: pipeline, scope: scope{vars: f.vars, read: map[string]bool{}, steps: new(int)}}
	var known bool
	if r.stage, known = stageOf(f); !known {
		c.report.Look(f.at, f.name, "neither its name nor its parents say whether it builds, uploads or promotes images; it is taken to build them")
	}
	if c.isOwnPlaybook(f) || c.isWindows(f) {
		return nil
	}
	c.attributes(f)
	if name := strings.ToLower(pipeline); strings.Contains(name, "periodic") || strings.Contains(name, "nightly") || strings.Contains(name, "daily") || strings.Contains(name, "weekly") {
		c.noteLook(f.at, pipeline, "a pipeline schedule of GitLab does what this pipeline does: create one")
	}
	workDir, err := r.scope.path(f.vars["zuul_work_dir"])
	switch {
	case err != nil:
		c.report.Missing(f.vars["zuul_work_dir"].at, "zuul_work_dir", "%v; the images of %s are left out", err, f.name)
		return nil
	case f.vars["zuul_work_dir"] == nil:
		workDir = source
	}
	r.workDir = workDir
	return r
}

// formats are the variables that hold a run's images. Where both are set the job's role reads one of them, which the names of
// its parents tell.
func (c *conversion) formats(r *run) []string {
	docker, container := r.vars[varDockerImages], r.vars[varContainerImages]
	switch {
	case container == nil:
		return []string{varDockerImages}
	case docker == nil:
		return []string{varContainerImages}
	}
	for _, name := range r.names() {
		switch {
		case strings.Contains(name, "docker-image"):
			c.note(container.at, varContainerImages, "the role of "+varDockerImages+" does not read it")
			return []string{varDockerImages}
		case strings.Contains(name, "container-image"):
			c.note(docker.at, varDockerImages, "the role of "+varContainerImages+" does not read it")
			return []string{varContainerImages}
		}
	}
	return []string{varDockerImages, varContainerImages}
}

// word matches the words of jobs' names.
var word = regexp.MustCompile(`[a-z0-9]+`)

// stageOf finds what a job does: in the name of the role that it is made of, or else in its own name and those of its parents.
func stageOf(f *frozen) (stage, bool) {
	names := slices.Backward(f.names())
	if isPlainRole(f.root) || opendevRole.MatchString(f.root) {
		names = slices.Backward([]string{f.root})
	}
	for _, name := range names {
		all := word.FindAllString(strings.ToLower(name), -1)
		switch {
		case contains(all, "promote"):
			return promoting, true
		case contains(all, "upload"), contains(all, "publish"), contains(all, "push"), contains(all, "release"):
			return uploading, true
		case contains(all, "build"):
			return building, true
		}
	}
	return building, false
}

// names are those of a job's parents, the outermost first, and its own.
func (f *frozen) names() []string {
	names := []string{f.root}
	for _, variant := range f.chain {
		names = append(names, variant.name)
	}
	return append(names, f.name)
}
