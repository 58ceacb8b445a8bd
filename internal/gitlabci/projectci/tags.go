package projectci

import (
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// checkTags reports that jobs of child pipelines have no runner tags where all jobs of the project have some: a child pipeline
// inherits no defaults, https://docs.gitlab.com/ci/yaml/#default.
func (p *project) checkTags() {
	tags := p.read.Top.Get("default").Get("tags")
	names := tags.Texts()
	if len(names) == 0 {
		return
	}
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	for _, child := range p.Compiled.Children {
		if job, ok := untagged(child); ok {
			p.found.Warnf(diagnostic.RunnerTags, tags.At, "%s has no runner tags: it is in a child pipeline, where the default tags of %s do not apply", job, File).
				WithHint("write `defaults: {runners: {default: [%s]}}` in %s, and run `stemma compile`", strings.Join(names, ", "), p.Definition.File).WithKey("tags")
			return
		}
	}
}

// untagged is the first job of a child pipeline without tags of its own or of a job that it extends.
func untagged(child pipeline.Child) (string, bool) {
	byName := map[string]pipeline.Job{}
	jobs := slices.Clone(child.Shared)
	for _, section := range child.Sections {
		jobs = append(jobs, section.Jobs...)
	}
	for _, job := range jobs {
		byName[job.Name] = job
	}
	for _, job := range jobs {
		if !strings.HasPrefix(job.Name, ".") && !hasTags(job, byName) {
			return job.Name, true
		}
	}
	return "", false
}

func hasTags(job pipeline.Job, byName map[string]pipeline.Job) bool {
	return len(job.Tags) > 0 || slices.ContainsFunc(job.Extends, func(name string) bool { return hasTags(byName[name], byName) })
}
