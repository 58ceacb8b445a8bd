package projectci

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// CheckPath reports, in a pipeline of GitLab, a `project` in the definition that is not the path of the project: releases and pokes
// run in that project alone, and a rename would end them silently. A fork has another path rightly, and GitLab does not tell a
// pipeline that it is a fork's. So what may be a fork's pipeline is given a warning, and what must be one is given nothing.
// The variables are those of https://docs.gitlab.com/ci/variables/predefined_variables/.
func CheckPath(d *definition.Definition, getenv func(string) string, found *diagnostic.List) {
	here := getenv("CI_PROJECT_PATH")
	if getenv("GITLAB_CI") != "true" || here == "" || d.Project == "" || d.Project == here {
		return
	}
	report, hint := found.Errorf, "write `project: %q`"
	switch {
	case strings.EqualFold(d.Project, here):
	case isForkOf(d.Project, getenv):
		return
	case mayBeFork(d.Project, getenv):
		report, hint = found.Warnf, "in a fork leave it; if the project was renamed, write `project: %q`"
	}
	report(diagnostic.WrongProject, d.ProjectSpan, "this is the project %s, but the definition is for %s: no image is released here", diagnostic.Quote(here), diagnostic.Quote(d.Project)).
		WithHint(hint, here).WithKey("project")
}

// isForkOf reports whether the pipeline is for a merge request to the project, or for a branch that has one.
func isForkOf(project string, getenv func(string) string) bool {
	open := strings.Split(getenv("CI_OPEN_MERGE_REQUESTS"), ",")
	return getenv("CI_MERGE_REQUEST_PROJECT_PATH") == project ||
		slices.ContainsFunc(open, func(request string) bool { return strings.HasPrefix(request, project+"!") })
}

// mayBeFork reports whether the pipeline may be a fork's: one of another group that has no merge requests of its own, or one in the
// name space of the person who started the pipeline.
func mayBeFork(project string, getenv func(string) string) bool {
	group := path.Dir(getenv("CI_PROJECT_PATH"))
	switch {
	case group == path.Dir(project):
		return false
	case group == getenv("GITLAB_USER_LOGIN"):
		return true
	}
	return getenv("CI_MERGE_REQUEST_PROJECT_PATH") == ""
}
