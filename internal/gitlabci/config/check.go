package config

import (
	"slices"
	"strings"
)

// checkJobs checks what only the jobs together show, as GitLab does before it evaluates rules.
func (r *reader) checkJobs(c *Config) {
	byName := make(map[string]*Job, len(c.Jobs))
	for _, job := range c.Jobs {
		byName[job.Name] = job
	}
	for _, job := range c.Jobs {
		if !slices.Contains(c.Stages, job.Stage) {
			r.problems.Addf(job.At, "%s job: chosen stage %s does not exist; available stages are %s", job.Name, job.Stage, strings.Join(c.Stages, ", "))
		}
	}
	if len(*r.problems) > 0 {
		return
	}
	k := checker{reader: r, stages: c.Stages, jobs: byName}
	for _, job := range c.Jobs {
		for _, name := range job.Dependencies {
			k.link(job, Need{Job: name, At: job.At}, "dependency")
		}
		k.needs(job, job.Needs)
		for _, rule := range job.Rules {
			k.needs(job, rule.Needs)
		}
		k.dependencies(job)
		k.stop(job)
	}
	k.circles(c.Jobs)
}

type checker struct {
	*reader
	stages []string
	jobs   map[string]*Job
}

func (k checker) needs(job *Job, needs []Need) {
	seen := map[string]bool{}
	var doubled []string
	for _, need := range needs {
		k.link(job, need, "need")
		if seen[need.Job] {
			doubled = append(doubled, need.Job)
		}
		seen[need.Job] = true
	}
	if len(doubled) > 0 {
		k.problems.Addf(job.At, "%s has the following needs duplicated: %s.", job.Name, strings.Join(doubled, ", "))
	}
}

// link checks that a job exists that another needs, and that it is in no later stage.
func (k checker) link(job *Job, need Need, kind string) {
	other, ok := k.jobs[need.Job]
	switch {
	case !ok && need.IsOptional:
	case !ok:
		k.problems.Addf(need.At, "%s job: undefined %s: %s", job.Name, kind, need.Job)
	case slices.Index(k.stages, other.Stage) > slices.Index(k.stages, job.Stage):
		k.problems.Addf(need.At, "%s job: %s %s is not defined in current or prior stages", job.Name, kind, need.Job)
	}
}

// dependencies checks that a job with needs takes artifacts only from them.
func (k checker) dependencies(job *Job) {
	if !job.HasNeeds || len(job.Needs) == 0 {
		return
	}
	for _, name := range job.Dependencies {
		if !slices.ContainsFunc(job.Needs, func(need Need) bool { return need.Job == name }) {
			k.problems.Addf(job.At, "jobs:%s dependencies the %s should be part of needs", job.Name, name)
		}
	}
}

// circles finds a job that needs itself over others.
func (k checker) circles(jobs []*Job) {
	const active, finished = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(job *Job) bool
	visit = func(job *Job) bool {
		switch state[job.Name] {
		case finished:
			return false
		case active:
			path = append(path[slices.Index(path, job.Name):], job.Name)
			return true
		}
		state[job.Name] = active
		path = append(path, job.Name)
		for _, need := range job.Needs {
			if other, ok := k.jobs[need.Job]; ok && visit(other) {
				return true
			}
		}
		path = path[:len(path)-1]
		state[job.Name] = finished
		return false
	}
	for _, job := range jobs {
		if visit(job) {
			k.problems.Addf(job.At, "The pipeline has circular dependencies: %s", strings.Join(path, " → "))
			return
		}
	}
}
