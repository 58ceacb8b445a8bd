package emit

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// factored leaves out of jobs what hidden jobs say already, and adds those of the kinds that are extended.
func factored(shared, kinds []pipeline.Job, sections []pipeline.Section) ([]pipeline.Job, []pipeline.Section) {
	h := hidden{}
	for _, job := range slices.Concat(shared, kinds) {
		h.add(job)
	}
	isUsed := map[string]bool{}
	out := make([]pipeline.Section, len(sections))
	for i, section := range sections {
		out[i] = pipeline.Section{Image: section.Image, Jobs: make([]pipeline.Job, len(section.Jobs))}
		for k, job := range section.Jobs {
			out[i].Jobs[k] = h.less(job)
			if strings.HasPrefix(job.Name, ".") {
				h.add(job)
			}
			for _, name := range out[i].Jobs[k].Extends {
				isUsed[name] = true
				for _, above := range h[name].Extends {
					isUsed[above] = true
				}
			}
		}
	}
	shared = slices.Clone(shared)
	for _, kind := range kinds {
		if isUsed[kind.Name] {
			shared = append(shared, h.less(kind))
		}
	}
	return shared, out
}

// hidden has hidden jobs by name, each with all that it extends. Of variables with one name, the last counts.
type hidden map[string]pipeline.Job

func (h hidden) add(job pipeline.Job) {
	all := merged(h.extended(job.Extends), job)
	all.Extends = job.Extends
	h[job.Name] = all
}

// extended merges the jobs of some names.
func (h hidden) extended(names []string) pipeline.Job {
	if len(names) == 0 {
		return pipeline.Job{}
	}
	all := h[names[0]]
	for _, name := range names[1:] {
		all = merged(all, h[name])
	}
	return all
}

// merged merges two jobs as GitLab does: variables by name, anything else as a whole. It merges only the fields that hidden jobs have,
// https://docs.gitlab.com/ci/yaml/yaml_optimization/#merge-details.
func merged(all, job pipeline.Job) pipeline.Job {
	override(&all.Stage, job.Stage)
	overrideList(&all.Inherit, job.Inherit)
	overrideList(&all.Tags, job.Tags)
	overrideList(&all.Rules, job.Rules)
	overrideList(&all.Script, job.Script)
	override(&all.Interruptible, job.Interruptible)
	override(&all.Retry, job.Retry)
	if !isEqual(job.Artifacts, pipeline.Artifacts{}) {
		all.Artifacts = job.Artifacts
	}
	if len(job.Variables) > 0 {
		all.Variables = slices.Concat(all.Variables, job.Variables)
	}
	return all
}

func override[T comparable](field *T, value T) {
	if value != *new(T) {
		*field = value
	}
}

func overrideList[T any](field *[]T, value []T) {
	if len(value) > 0 {
		*field = value
	}
}

// less returns a job without what it extends. A job with the default tags of the project cannot extend one with tags.
func (h hidden) less(job pipeline.Job) pipeline.Job {
	all := h.extended(job.Extends)
	if len(job.Tags) == 0 && len(all.Tags) > 0 {
		job.Extends = job.Extends[:1]
		all = h.extended(job.Extends)
	}
	omit(&job.Stage, all.Stage)
	omitList(&job.Inherit, all.Inherit)
	omitList(&job.Tags, all.Tags)
	if slices.EqualFunc(job.Rules, all.Rules, isEqualRule) {
		job.Rules = nil
	}
	omitList(&job.Script, all.Script)
	omit(&job.Interruptible, all.Interruptible)
	omit(&job.Retry, all.Retry)
	if isEqual(job.Artifacts, all.Artifacts) {
		job.Artifacts = pipeline.Artifacts{}
	}
	job.Variables = slices.DeleteFunc(slices.Clone(job.Variables), func(v pipeline.Variable) bool { return isInherited(v, all.Variables) })
	return job
}

func omit[T comparable](field *T, inherited T) {
	if *field == inherited {
		*field = *new(T)
	}
}

func omitList[T comparable](field *[]T, inherited []T) {
	if slices.Equal(*field, inherited) {
		*field = nil
	}
}

// isInherited reports whether the last variable of the name is equal.
func isInherited(v pipeline.Variable, all []pipeline.Variable) bool {
	for _, inherited := range slices.Backward(all) {
		if inherited.Name == v.Name {
			return inherited == v
		}
	}
	return false
}

func isEqualRule(a, b pipeline.Rule) bool {
	return a.If == b.If && a.When == b.When && a.AllowFailure == b.AllowFailure && slices.Equal(a.Changes, b.Changes) && slices.Equal(a.Variables, b.Variables)
}

func isEqual(a, b pipeline.Artifacts) bool {
	return a.Dotenv == b.Dotenv && a.JUnit == b.JUnit && a.Annotations == b.Annotations && a.Always == b.Always && slices.Equal(a.Paths, b.Paths)
}
