package emit

import (
	"reflect"
	"slices"

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
			h.add(job)
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

// hidden has jobs by name, each with all that it extends.
type hidden map[string]pipeline.Job

func (h hidden) add(job pipeline.Job) {
	all := h.extended(job.Extends, job)
	all.Extends = job.Extends
	h[job.Name] = all
}

// extended merges the jobs of some names, and a last one, as GitLab does: variables by name, anything else as a whole. It merges only the
// fields that hidden jobs have, https://docs.gitlab.com/ci/yaml/yaml_optimization/#merge-details.
func (h hidden) extended(names []string, last pipeline.Job) pipeline.Job {
	var all pipeline.Job
	for i := range len(names) + 1 {
		job := last
		if i < len(names) {
			job = h[names[i]]
		}
		override(&all.Stage, job.Stage)
		override(&all.Inherit, job.Inherit)
		override(&all.Tags, job.Tags)
		override(&all.Rules, job.Rules)
		override(&all.Script, job.Script)
		override(&all.Interruptible, job.Interruptible)
		override(&all.Retry, job.Retry)
		override(&all.Artifacts, job.Artifacts)
		for _, v := range job.Variables {
			all.Variables = append(slices.DeleteFunc(slices.Clone(all.Variables), func(old pipeline.Variable) bool { return old.Name == v.Name }), v)
		}
	}
	return all
}

func override[T any](field *T, value T) {
	if !reflect.ValueOf(value).IsZero() {
		*field = value
	}
}

// less returns a job without what it extends. A job with the default tags of the project cannot extend one with tags.
func (h hidden) less(job pipeline.Job) pipeline.Job {
	all := h.extended(job.Extends, pipeline.Job{})
	if len(job.Tags) == 0 && len(all.Tags) > 0 {
		job.Extends = job.Extends[:1]
		all = h.extended(job.Extends, pipeline.Job{})
	}
	omit(&job.Stage, all.Stage)
	omit(&job.Inherit, all.Inherit)
	omit(&job.Tags, all.Tags)
	omit(&job.Rules, all.Rules)
	omit(&job.Script, all.Script)
	omit(&job.Interruptible, all.Interruptible)
	omit(&job.Retry, all.Retry)
	omit(&job.Artifacts, all.Artifacts)
	job.Variables = slices.DeleteFunc(slices.Clone(job.Variables), func(v pipeline.Variable) bool { return slices.Contains(all.Variables, v) })
	return job
}

func omit[T any](field *T, inherited T) {
	if reflect.DeepEqual(*field, inherited) {
		*field = *new(T)
	}
}
