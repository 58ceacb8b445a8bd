package poke

import (
	"errors"
	"net/http"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// refusals are remedies for GitLab's refusals. The first whose status and words match applies. GitLab refuses a wrong configuration with 400
// or, once it has made a pipeline that failed, with 422; the list has both as 400.
var refusals = []struct {
	status        int
	words, advice string
}{
	{http.StatusBadRequest, "Reference not found", "it has no branch or tag {ref}; correct the ref in the dependents"},
	{http.StatusBadRequest, "set pipeline variables", "it takes no variables from {user}: pass inputs with via: inputs, or let a lower role pass them there under Settings > CI/CD > Variables"},
	{http.StatusBadRequest, "input", "declare the inputs {inputs}, and those of the dependent, in the spec: of its .gitlab-ci.yml, or pass variables with via: variables"},
	{http.StatusBadRequest, "run a pipeline on", "{ref} is protected there: let {user}, who started this pipeline, merge or push to it, or name a trigger token of somebody who may"},
	{http.StatusBadRequest, "create a new pipeline", "make {user}, who started this pipeline, a Developer of it; add {project} to its allowlist under Settings > CI/CD > Job token permissions; and see that it is not archived"},
	{http.StatusBadRequest, "would have been empty", "its rules leave out every job: give one a rule such as $" + schema.VarPokedBy + ` == "{image}"`},
	{http.StatusBadRequest, "No stages", "its rules leave out every job: give one a rule such as $" + schema.VarPokedBy + ` == "{image}"`},
	{http.StatusBadRequest, "will not run for the selected trigger", "its rules leave out every job: give one a rule such as $" + schema.VarPokedBy + ` == "{image}"`},
	{http.StatusBadRequest, "workflow rules", "its workflow: rules leave the pipeline out: add one such as $" + schema.VarPokedBy},
	{http.StatusBadRequest, "Missing CI config", "it has no .gitlab-ci.yml on {ref}"},
	{http.StatusBadRequest, "Pipelines are disabled", "switch CI/CD on there under Settings > General > Visibility"},
	{http.StatusUnprocessableEntity, "", "its .gitlab-ci.yml on {ref} makes no pipeline: see {pipelines}"},
	{http.StatusMethodNotAllowed, "moved", "the project has moved: write its present path in the dependents"},
	{http.StatusUnauthorized, "Job is not running", "this job's token has ended, since the job was cancelled or took too long: run the job again"},
	{http.StatusUnauthorized, "", "GitLab refuses {token}: see whether it has expired"},
	{http.StatusForbidden, "", "make {user}, who started this pipeline, a Developer of it, and see that it is not archived"},
}

// oldGitLab is the remedy for a GitLab that takes the variables that it adds to every trigger for variables of the user.
const oldGitLab = "this GitLab takes no inputs where {user} may pass no variables (gitlab-org/gitlab#557381): update it, or let a lower role pass them there under Settings > CI/CD > Variables"

// GitLab gives the same answer for several reasons to those who may not know whether a project exists.
const (
	hiddenFromJob     = "there is no such project, or this job may not see it: correct its path; add {project} to its allowlist under Settings > CI/CD > Job token permissions; and make {user}, who started this pipeline, a Developer of it"
	hiddenFromTrigger = "there is no such project, or {token} is not for it: correct its path, and see under Settings > CI/CD > Pipeline trigger tokens there whether it is one of its tokens"
)

// advice is GitLab's answer with the remedy.
func (p *poker) advice(d dependent, err error) string {
	user := p.Getenv("GITLAB_USER_LOGIN")
	if user == "" {
		user = "the user"
	}
	fill := strings.NewReplacer("{ref}", d.ref, "{user}", user, "{project}", p.Getenv("CI_PROJECT_PATH"), "{image}", p.name.String(), "{token}", d.token.String(), "{pipelines}", p.pipelinesOf(d),
		"{inputs}", strings.Join([]string{schema.InputPokedBy, schema.InputWave, schema.InputWavePath}, ", "))
	if text := remedy(d, err); text != "" {
		return err.Error() + ". To do: " + fill.Replace(text) + "."
	}
	return err.Error()
}

// remedy is the remedy for a refusal; it is empty if none is known.
func remedy(d dependent, err error) string {
	var answer *gitlab.Error
	if !errors.As(err, &answer) {
		return ""
	}
	switch {
	case answer.Status == http.StatusNotFound && d.token.Kind() == gitlab.Trigger:
		return hiddenFromTrigger
	case answer.Status == http.StatusNotFound:
		return hiddenFromJob
	case d.viaInputs && strings.Contains(answer.Message, "set pipeline variables"):
		return oldGitLab
	}
	for _, r := range refusals {
		is422 := answer.Status == http.StatusUnprocessableEntity && r.status == http.StatusBadRequest
		if (r.status == answer.Status || is422) && strings.Contains(answer.Message, r.words) {
			return r.advice
		}
	}
	return ""
}
