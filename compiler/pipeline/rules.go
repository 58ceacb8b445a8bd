package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	// maxChanges is GitLab's limit for the patterns of one `rules:changes`, https://docs.gitlab.com/ci/yaml/#ruleschanges.
	maxChanges = 50
	// maxNames limits the length of the pattern for a rebuild by name.
	maxNames = maxChanges

	pipelineSource condition.Variable = "CI_PIPELINE_SOURCE"
)

// The conditions of rules.
var (
	onDefaultBranch = condition.Same("CI_COMMIT_BRANCH", "CI_DEFAULT_BRANCH")
	onVersion       = condition.IsVersion("CI_COMMIT_TAG")
	onProtected     = condition.Equals("CI_COMMIT_REF_PROTECTED", "true")
	// Only this tells a child pipeline that it belongs to a merge request: its source is "parent_pipeline",
	// https://docs.gitlab.com/ci/pipelines/downstream_pipelines/.
	onMergeRequest = condition.IsSet("CI_MERGE_REQUEST_IID")
	fromSchedule   = condition.Equals(pipelineSource, "schedule")
	fromPush       = condition.Equals(pipelineSource, "push")
	isTrialRebuild = condition.Any(condition.IsSet(schema.VarTrialRebuild), condition.IsSet(schema.VarCanary))
	isForced       = condition.IsSet(schema.VarForceRebuild)
	isAutostart    = condition.IsSet(schema.VarAutostart)
	isPoked        = condition.IsSet(schema.VarPokedBy)
	asksForRebuild = condition.IsSet(schema.VarRebuild)
	// isWhole is true in trial rebuilds and snapshots, which build all images.
	isWhole = condition.Any(isTrialRebuild, condition.IsSet(schema.VarSnapshot))
)

// selectRules tells when an image's build and verify jobs are in a pipeline. With `build: always` they are in every pipeline, and decide
// by the images in the registry.
func (c *compilation) selectRules(image *lineage.Image) []Rule {
	if !c.changed {
		return []Rule{{When: OnSuccess}}
	}
	rules := c.changedRules(image, condition.Any(c.asked(image), isWhole), whereChanged(c.source()))
	if c.isVersioned(image) {
		rules = slices.Insert(rules, 0, Rule{If: onVersion})
	}
	return rules
}

// whereChanged is true where changed files select images: in merge requests, on the default branch, and in pipelines that a person starts,
// which GitLab would otherwise reject as empty.
func whereChanged(source condition.Variable) condition.Condition {
	return condition.Any(onMergeRequest, onDefaultBranch, byPerson(source))
}

// byPerson is true if a person started the pipeline.
func byPerson(source condition.Variable) condition.Condition {
	return condition.Any(condition.Equals(source, "web"), condition.Equals(source, "api"))
}

// source is the variable that tells what started the pipeline. A child pipeline gets the value of its parent.
func (c *compilation) source() condition.Variable {
	if c.inChildren {
		return schema.VarParentSource
	}
	return pipelineSource
}

// changedRules returns the rules that select an image if it is requested, or if its files or those of its ancestors changed.
func (c *compilation) changedRules(image *lineage.Image, asked, where condition.Condition) []Rule {
	return []Rule{
		{If: asked},
		{If: condition.Any(asksForRebuild, isPoked, fromSchedule), When: Never},
		{If: where, Changes: inOneRule(c.line(image).patterns)},
	}
}

// asked is true if a rebuild by name or a poke is about an image or one of its ancestors, or if everything is rebuilt.
func (c *compilation) asked(image *lineage.Image) condition.Condition {
	line := c.line(image)
	return condition.Any(rebuilds(line.names), pokes(line.foreign), isForced)
}

// isVersioned reports whether pipelines of git tags release an image or one of its descendants.
func (c *compilation) isVersioned(image *lineage.Image) bool {
	if known, ok := c.versioned[image]; ok {
		return known
	}
	is := hasTag(image, isVersion) || slices.ContainsFunc(image.Children, c.isVersioned)
	c.versioned[image] = is
	return is
}

// releaseRules allow releases on the project's own protected default branch, and releases of versions on its protected tags. Trial rebuilds
// and snapshots release nothing.
func (c *compilation) releaseRules(image *lineage.Image) []Rule {
	rules := []Rule{{If: isWhole, When: Never}}
	if hasTag(image, isVersion) {
		rules = append(rules, Rule{If: condition.All(onVersion, onProtected, c.inOwnProject())})
	}
	if image.Release != nil && !hasTag(image, isFixed) {
		return rules
	}
	return append(rules, c.protectedRules(image)...)
}

// protectedRules select an image by its build rules, but only on the project's own protected default branch.
func (c *compilation) protectedRules(image *lineage.Image) []Rule {
	where := condition.All(onDefaultBranch, onProtected, c.inOwnProject())
	if !c.changed {
		return []Rule{{If: where}}
	}
	return c.changedRules(image, condition.All(where, c.asked(image)), where)
}

// inOwnProject is true outside of forks. Without `project` forks cannot be recognized.
func (c *compilation) inOwnProject() condition.Condition {
	if c.definition.Project == "" {
		return condition.Condition{}
	}
	return condition.Equals("CI_PROJECT_PATH", c.definition.Project)
}

func isVersion(tag schema.ReleaseTag) bool { return tag.IsVersion() }
func isFixed(tag schema.ReleaseTag) bool   { return !tag.IsVersion() }

// hasTag reports whether an image is released under a tag of a kind.
func hasTag(image *lineage.Image, is func(schema.ReleaseTag) bool) bool {
	return slices.ContainsFunc(image.Release, func(r definition.Release) bool { return slices.ContainsFunc(r.Tags, is) })
}

// rebuilds is true if one of the images is requested by name. For a very long list of images any request is enough: the job itself checks
// the names again.
func rebuilds(names []string) condition.Condition {
	if len(names) > maxNames {
		return asksForRebuild
	}
	return condition.Lists(schema.VarRebuild, names)
}

// pokes is true if a poke is about one of the images of other projects.
func pokes(foreign []string) condition.Condition {
	switch {
	case len(foreign) == 0:
		return condition.Condition{}
	case len(foreign) > maxNames:
		return isPoked
	}
	return condition.IsOneOf(schema.VarPokedBy, foreign)
}
