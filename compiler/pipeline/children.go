package pipeline

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	childPrefix   = "images:"
	sharedTrigger = ".stemma.child"
	// ownChild is the size from which a family has its own child pipeline. Smaller families share one of `groups` child pipelines, always
	// the same one, so that there are far fewer than the 1000 that GitLab allows,
	// https://docs.gitlab.com/ci/pipelines/downstream_pipelines/.
	ownChild = 16
	groups   = 64
)

// children returns the child pipelines. Only its name and size decide the child pipeline of a family, so that a change of one family does
// not move another.
func (c *compilation) children(sections []Section) []Child {
	byImage := make(map[*lineage.Image]Section, len(sections))
	for i, section := range sections {
		byImage[c.graph.Images[i]] = section
	}
	members := map[string][]*lineage.Image{}
	for _, family := range c.graph.Families() {
		name := childName(family)
		members[name] = append(members[name], family.Images...)
	}
	children := make([]Child, 0, len(members))
	for name, images := range members {
		child := Child{Name: name, Title: title(images), File: definition.ChildFile(name), Shared: []Job{c.sharedJob()}}
		for _, image := range images {
			child.Sections = append(child.Sections, inChild(byImage[image]))
		}
		child.Trigger = c.trigger(child, images)
		children = append(children, child)
	}
	slices.SortFunc(children, func(a, b Child) int { return cmp.Compare(a.Name, b.Name) })
	return children
}

// childName is the name of a family's child pipeline. No image can have the name of a group.
func childName(family lineage.Family) string {
	if len(family.Images) >= ownChild {
		return family.Name
	}
	sum := sha256.Sum256([]byte(family.Name))
	return fmt.Sprintf("_%02d", sum[0]%groups)
}

// inChild gives an image's jobs the default stages of a pipeline: the project's stages exist only in the parent pipeline.
func inChild(section Section) Section {
	out := Section{Image: section.Image, Jobs: slices.Clone(section.Jobs)}
	for i, job := range out.Jobs {
		switch {
		case job.Stage == "":
		case strings.HasPrefix(job.Name, buildPrefix), strings.HasPrefix(job.Name, verifyPrefix), strings.HasPrefix(job.Name, startPrefix):
			out.Jobs[i].Stage = "build"
		default:
			out.Jobs[i].Stage = "deploy"
		}
	}
	return out
}

// trigger returns the job that starts a child pipeline, if it has any job, and takes over its state.
func (c *compilation) trigger(child Child, images []*lineage.Image) Job {
	return Job{
		Name: childPrefix + child.Name, Comment: wrapped(namesOf(images)), Extends: []string{sharedTrigger}, Stage: cmp.Or(images[0].Stages.Build, "build"),
		Rules: c.triggerRules(images), Trigger: &Trigger{File: child.File},
	}
}

// namesOf returns the names of images, sorted.
func namesOf(images []*lineage.Image) []string {
	names := make([]string, len(images))
	for i, image := range images {
		names[i] = image.Name
	}
	slices.Sort(names)
	return names
}

// maxTitle keeps the title of a child pipeline below the 255 characters that GitLab allows, https://docs.gitlab.com/ci/yaml/#workflowname,
// and short enough to read.
const maxTitle = 100

// title lists as many of the images as fit.
func title(images []*lineage.Image) string {
	names := namesOf(images)
	text := names[0]
	for i, name := range names[1:] {
		if len(text)+len(name) > maxTitle {
			return fmt.Sprintf("%s and %d more", text, len(names)-i-1)
		}
		text += ", " + name
	}
	return text
}

// sharedTriggerJob is the hidden job that every job with a child pipeline extends. The job takes over the child's state. The child gets the
// variables of the job, of the pipeline, and those that a project may set for all of its jobs. A parent pipeline may pass variables to its
// child even if the project forbids to set them (apply_permissions in Gitlab::Ci::Pipeline::Chain::Build::Associations).
func (c *compilation) sharedTriggerJob() Job {
	strategy := "mirror"
	if !c.definition.GitLab.Has(definition.GitLabMirrorsChildren) {
		strategy = "depend"
	}
	return Job{
		Name:      sharedTrigger,
		Comment:   "What the jobs that start child pipelines share: each takes over the state of its child, and hands variables down.",
		Inherit:   inherited(),
		Variables: append(fromInputs(), Variable{Name: schema.VarParentPipeline, Value: "$CI_PIPELINE_ID"}, Variable{Name: schema.VarParentSource, Value: "$CI_PIPELINE_SOURCE"}),
		Trigger:   &Trigger{Strategy: strategy},
	}
}

// wrapped returns a list of names, wrapped into short lines.
func wrapped(names []string) string {
	var b strings.Builder
	length := 0
	for i, name := range names {
		if i > 0 {
			b.WriteString(",")
			length += len(name) + 2
			if length > 120 {
				b.WriteString("\n")
				length = 0
			} else {
				b.WriteString(" ")
			}
		}
		b.WriteString(name)
	}
	return b.String()
}

// triggerRules select a child pipeline exactly if the rules of one of its images do: GitLab refuses to start an empty pipeline.
func (c *compilation) triggerRules(images []*lineage.Image) []Rule {
	if !c.changed {
		return []Rule{{When: OnSuccess}}
	}
	var rules []Rule
	for some := range slices.Chunk(namesOf(images), maxNames) {
		rules = append(rules, Rule{If: rebuilds(some)})
	}
	var parents []string
	for _, image := range images {
		parents = append(parents, foreign(image)...)
	}
	slices.Sort(parents)
	for some := range slices.Chunk(slices.Compact(parents), maxNames) {
		rules = append(rules, Rule{If: pokes(some)})
	}
	if slices.ContainsFunc(images, c.isVersioned) {
		rules = append(rules, Rule{If: onVersion})
	}
	rules = append(rules,
		Rule{If: condition.Any(isWhole, isForced)},
		Rule{If: condition.Any(asksForRebuild, isPoked, fromSchedule), When: Never},
	)
	for some := range slices.Chunk(c.patterns(images), maxChanges) {
		rules = append(rules, Rule{If: whereChanged(pipelineSource), Changes: some})
	}
	return rules
}
