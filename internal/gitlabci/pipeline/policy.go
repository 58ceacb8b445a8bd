package pipeline

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/glob"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
)

// meetsPolicies evaluates `only` and `except` (https://docs.gitlab.com/ci/yaml/deprecated_keywords/).
func (e *evaluation) meetsPolicies(job *config.Job, facts *rule.Facts) bool {
	return !slices.Contains(e.met(job.Only, facts), false) && !slices.Contains(e.met(job.Except, facts), true)
}

// met says of each part of a policy whether it is met.
func (e *evaluation) met(policy *config.Policy, facts *rule.Facts) []bool {
	if policy == nil {
		return nil
	}
	var out []bool
	if policy.Refs != nil {
		out = append(out, slices.ContainsFunc(policy.Refs, e.isRef))
	}
	if policy.Variables != nil {
		scope := expression.Scope{Variables: facts.Variables.Values()}
		out = append(out, slices.ContainsFunc(policy.Variables, func(condition rule.If) bool {
			holds, err := condition.Expression.Holds(scope)
			return holds && err == nil
		}))
	}
	if policy.Changes != nil {
		out = append(out, !facts.Changed.IsKnown || glob.AnyMatch(policy.Changes, facts.Changed.Paths))
	}
	return out
}

// isRef reports whether an entry of `refs` names the pipeline: a kind of ref, a source, a name or a pattern.
func (e *evaluation) isRef(text string) bool {
	pattern, path, hasPath := strings.Cut(text, "@")
	if hasPath && path != e.Project.Path {
		return false
	}
	predefined := e.Kind.Predefined
	_, isRequest := predefined["CI_MERGE_REQUEST_IID"]
	_, isTag := predefined["CI_COMMIT_TAG"]
	source := strings.TrimSuffix(e.Kind.Source(), "_event")
	switch {
	case isTag && pattern == "tags", !isTag && !isRequest && pattern == "branches", pattern == source, pattern == plural(source):
		return true
	case isRequest:
		return false
	}
	ref := predefined["CI_COMMIT_REF_NAME"]
	if matches, isPattern := expression.MatchPattern(pattern, ref); isPattern {
		return matches
	}
	return pattern == ref
}

// plural is the name of a source in `refs`.
func plural(source string) string {
	if source == "push" {
		return "pushes"
	}
	return source + "s"
}
