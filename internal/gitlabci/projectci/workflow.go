package projectci

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// Workflow starts one pipeline for a push to a branch that has an open merge request: that of the merge request. Pipelines of
// schedules, the API and the default branch run all the same.
// See https://docs.gitlab.com/ci/yaml/workflow/#switch-between-branch-pipelines-and-merge-request-pipelines.
const Workflow = `workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH && $CI_OPEN_MERGE_REQUESTS =~ /.+/
      when: never
    - when: always
`

// checkWorkflow reports that a push to a branch with an open merge request starts two pipelines. GitLab warns of the same jobs,
// https://docs.gitlab.com/ci/jobs/job_troubleshooting/#job-may-allow-multiple-pipelines-to-run-for-a-single-action-warning.
func (p *project) checkWorkflow() {
	workflow := p.read.Top.Get("workflow")
	if workflow.Get("rules") != nil || !p.isWhole() || !slices.ContainsFunc(p.compiledJobs, runsAlways) {
		return
	}
	at, hint := p.include(), "add to "+File+":\n"+Workflow
	if workflow != nil {
		at, hint = workflow.At, "add to `workflow`:\n"+strings.TrimPrefix(Workflow, "workflow:\n")
	}
	p.found.Warnf(diagnostic.DuplicatePipelines, at, "there are no `workflow: rules`, so a push to a branch with an open merge request starts two pipelines, which build the same images").
		WithHint("%s", strings.TrimSuffix(hint, "\n")).WithKey("workflow")
}

// runsAlways reports whether a job's last rule has no condition.
func runsAlways(job *ciyaml.Job) bool {
	rules := flat(job.Keys.Get("rules"))
	if len(rules) == 0 {
		return false
	}
	last := rules[len(rules)-1]
	return len(last.Fields) == 1 && last.Get("when") != nil && last.Get("when").String() != "never"
}
