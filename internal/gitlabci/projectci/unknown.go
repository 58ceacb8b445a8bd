package projectci

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// checkUnknown reports jobs that need a job that does not exist. It judges only a pipeline of which everything was read, and the names
// of all jobs are known.
func (p *project) checkUnknown() {
	if !p.isAllRead() {
		return
	}
	starts := startedBy(p.Compiled.Children)
	names := make([]string, len(p.jobs))
	for i, job := range p.jobs {
		if ciyaml.IsOpen(job.Name) {
			return
		}
		names[i] = job.Name
	}
	for _, job := range p.jobs {
		for _, m := range mentionsOf(job) {
			if m.verb != "needs" || m.isOptional || p.exists(m.name) || strings.ContainsAny(m.name, "$") {
				continue
			}
			hint := "write the name of a job of this pipeline, or remove it"
			if child, ok := starts[m.name]; ok {
				hint = "write " + child + ", which starts the child pipeline of that job"
			}
			p.found.Errorf(diagnostic.Needs, m.at, "GitLab refuses the pipeline: %s needs %s, which does not exist%s", job.Name, m.name, diagnostic.DidYouMean(m.name, names)).
				WithHint("%s", hint).WithKey(job.Name + " " + m.name)
		}
	}
}

// instance matches what GitLab adds to the name of a job with `parallel`, https://docs.gitlab.com/ci/yaml/#parallel.
var instance = pattern.Lazy(`( \d+/\d+|: \[.*\])$`)

// exists reports whether the pipeline has a job, or a job that makes several with `parallel`.
func (p *project) exists(name string) bool {
	return p.byName[name] != nil || p.byName[instance().ReplaceAllString(name, "")] != nil
}

// startedBy are the jobs that start the child pipelines of other jobs.
func startedBy(children []pipeline.Child) map[string]string {
	starts := map[string]string{}
	for _, child := range children {
		for _, section := range child.Sections {
			for _, job := range section.Jobs {
				starts[job.Name] = child.Trigger.Name
			}
		}
	}
	return starts
}

// isOutput reports whether a file was compiled: it is the one that the project includes, or a part of it.
func (p *project) isOutput(file string) bool {
	folder := strings.TrimSuffix(p.output(), definition.OutputFile)
	return file == p.output() || strings.HasPrefix(file, folder+definition.OutputFolder+"/")
}

// checkMerged reports jobs of the project with the name of a compiled job: GitLab merges the two, and the script of one of them is lost.
func (p *project) checkMerged() {
	for _, job := range p.compiledJobs {
		for _, key := range []string{"script", "run", "trigger"} {
			at := job.Keys.Get(key)
			if at == nil || p.isOutput(at.At.File) {
				continue
			}
			p.found.Warnf(diagnostic.NameCollision, at.At, "%s is a compiled job too: GitLab merges the two, and this `%s` replaces that of the image", job.Name, key).
				WithHint("choose another name for the job; to change other keys of %s, remove `%s` here", job.Name, key).WithKey(job.Name)
		}
	}
}
