package projectci

import (
	"cmp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

const (
	// maxNeeds is how many jobs GitLab.com lets a job need, https://docs.gitlab.com/ci/yaml/#needs.
	maxNeeds = 50
	// maxJobs is how many jobs a project on GitLab.com's Free tier may have in active pipelines,
	// https://docs.gitlab.com/user/gitlab_com/#cicd.
	maxJobs = 500
)

// reportProblems reports for which reasons GitLab would refuse the configuration as a whole. GitLab gets new keys with each version, so
// unknown keys are not reported.
func reportProblems(problems problem.List, found *diagnostic.List) {
	for _, p := range problems {
		if strings.Contains(p.Message, "unknown keys") {
			continue
		}
		code := diagnostic.Pipeline
		if strings.Contains(p.Message, "maximum is") || strings.Contains(p.Message, "limit") {
			code = diagnostic.Limit
		}
		found.Errorf(code, p.At, "GitLab refuses the pipeline: %s", p.Message).
			WithHint("%s", cmp.Or(p.Hint, "correct the key or its value; https://docs.gitlab.com/ci/yaml/ describes all keys"))
	}
}

// checkLimits reports limits of GitLab that the jobs of the project and those of the images exceed together.
func (p *project) checkLimits(c *config.Config) {
	for _, job := range c.Jobs {
		if len(job.Needs) > maxNeeds && !p.names[job.Name] {
			p.found.Errorf(diagnostic.Limit, job.At, "GitLab refuses the pipeline: %s needs %d jobs, and a job can need %d", job.Name, len(job.Needs), maxNeeds).
				WithHint("need a job of a later stage that waits for some of them, or remove `needs`, so that the job waits for all earlier stages").WithKey(job.Name)
		}
	}
	if len(c.Jobs) > maxJobs && len(c.Jobs) > len(p.compiledJobs) {
		p.found.Warnf(diagnostic.Limit, p.include(), "the pipeline may have %d jobs: the Free tier of GitLab.com allows a project %d in active pipelines", len(c.Jobs), maxJobs).
			WithHint("start some of them in a child pipeline; `children: true` in the definition does so for the images").WithKey("jobs")
	}
}
