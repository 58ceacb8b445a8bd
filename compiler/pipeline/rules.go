package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	// maxChanges is GitLab's limit for the patterns of one `rules:changes`, https://docs.gitlab.com/ci/yaml/#ruleschanges.
	maxChanges = 50
	// maxNames keeps the pattern that asks for a rebuild by name short.
	maxNames = 50

	onDefaultBranch = `$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`
	onVersion       = `$CI_COMMIT_TAG =~ /^v?\d+\.\d+\.\d+/`
	onProtected     = `$CI_COMMIT_REF_PROTECTED == "true"`
	// A child pipeline knows by this alone that it is a merge request's: its source is "parent_pipeline",
	// https://docs.gitlab.com/ci/pipelines/downstream_pipelines/.
	onMergeRequest = `$CI_MERGE_REQUEST_IID`
	fromSchedule   = `$CI_PIPELINE_SOURCE == "schedule"`
	isCanary       = `$STEMMA_CANARY`
	isSnapshot     = `$STEMMA_SNAPSHOT`
	isForced       = `$FDO_FORCE_REBUILD`
	isAutostart    = `($STEMMA_AUTOSTART || $GIPGEE_FORCE_AUTOSTART)`
	byPerson       = `($CI_PIPELINE_SOURCE == "web" || $CI_PIPELINE_SOURCE == "api") && ` + onDefaultBranch
	// The source of a child pipeline is its parent, which hands its own down.
	byPersonAbove  = `($` + schema.VarParentSource + ` == "web" || $` + schema.VarParentSource + ` == "api") && ` + onDefaultBranch
	asksForRebuild = `$STEMMA_REBUILD || "$[[ inputs.rebuild ]]" != ""`
)

// buildRules says when an image's build jobs stand in a pipeline. With `build: always` they stand in every one and decide
// themselves from what the registry has.
func (c *compilation) buildRules(image *lineage.Image) []Rule {
	button := ""
	if c.hasButton(image) {
		button = "manual"
	}
	if c.changed {
		rules := c.changedRules(image, "("+onMergeRequest+" || "+onDefaultBranch+")", button)
		if c.isVersioned(image) {
			rules = slices.Insert(rules, 0, Rule{If: onVersion})
		}
		return rules
	}
	byHand := c.byHandRules(image)
	if button == "" && len(byHand) == 0 {
		return []Rule{{When: "on_success"}}
	}
	first := Rule{If: asksForRebuild + " || " + isPoked + " || " + isCanary + " || " + isSnapshot}
	last := Rule{When: "on_success"}
	if button != "" {
		first.If, last.When = isAutostart+" || "+first.If, button
	}
	return append(append([]Rule{first}, byHand...), last)
}

// byHandRules let a pipeline that a person starts build a chain anew: its first image behind a play button, the others because their
// parents are new.
func (c *compilation) byHandRules(image *lineage.Image) []Rule {
	if !c.line(image).isByHand {
		return nil
	}
	above := slices.ContainsFunc(image.Parents, func(p lineage.Parent) bool { return p.Image != nil && c.line(p.Image).isByHand })
	if above {
		return []Rule{{If: c.byPerson()}}
	}
	force := []Variable{{Name: schema.VarForceRebuild, Value: "1"}}
	return []Rule{{If: isAutostart + " && " + c.byPerson(), Variables: force}, {If: c.byPerson(), When: "manual", Variables: force}}
}

// byPerson is true where a person started the pipeline, in the place where the image's jobs stand.
func (c *compilation) byPerson() string {
	if c.inChildren {
		return byPersonAbove
	}
	return byPerson
}

// changedRules select an image that is asked for by name, that a poke is about, or whose files, or those of its ancestors,
// changed.
func (c *compilation) changedRules(image *lineage.Image, where, button string) []Rule {
	line := c.line(image)
	last := Rule{If: where, Changes: atMost(line.patterns, maxChanges), When: button}
	asked := rebuilds(line.names)
	if poked := pokes(line.foreign); poked != "" {
		asked += " || " + poked
	}
	asked += " || " + isCanary + " || " + isSnapshot + " || " + isForced
	rules := []Rule{
		{If: asked},
		{If: asksForRebuild + " || " + isPoked + " || " + fromSchedule, When: "never"},
	}
	rules = append(rules, c.byHandRules(image)...)
	if button != "" {
		rules = append(rules, Rule{If: isAutostart + " && " + where, Changes: last.Changes})
	}
	return append(rules, last)
}

// isVersioned reports whether an image, or one that is built from it, is released by pipelines of git tags.
func (c *compilation) isVersioned(image *lineage.Image) bool {
	if known, ok := c.versioned[image]; ok {
		return known
	}
	is := hasTag(image, isVersion) || slices.ContainsFunc(image.Children, c.isVersioned)
	c.versioned[image] = is
	return is
}

// verifyRules follow the build's, without a button.
func (c *compilation) verifyRules(image *lineage.Image) []Rule {
	return withoutButton(c.buildRules(image))
}

// releaseRules keep releases to the protected default branch, and those of versions to protected tags.
func (c *compilation) releaseRules(image *lineage.Image) []Rule {
	var rules []Rule
	if hasTag(image, isVersion) {
		rules = append(rules, Rule{If: onVersion + " && " + onProtected})
	}
	if image.Release != nil && !hasTag(image, isFixed) {
		return rules
	}
	where := onDefaultBranch + " && " + onProtected
	if !c.changed {
		return append(rules, Rule{If: where})
	}
	return append(rules, c.protectedRules(image, where)...)
}

// protectedRules select an image as changedRules do, in pipelines that are protected, as where says.
func (c *compilation) protectedRules(image *lineage.Image, where string) []Rule {
	rules := withoutButton(c.changedRules(image, where, ""))
	rules[0].If = where + " && (" + rules[0].If + ")"
	for i := range rules {
		if rules[i].If == c.byPerson() {
			rules[i].If += " && " + onProtected
		}
	}
	return rules
}

func isVersion(tag definition.ReleaseTag) bool { return tag.IsVersion() }
func isFixed(tag definition.ReleaseTag) bool   { return !tag.IsVersion() }

// hasTag reports whether an image is released under a tag of a kind.
func hasTag(image *lineage.Image, is func(definition.ReleaseTag) bool) bool {
	return slices.ContainsFunc(image.Release, func(r definition.Release) bool { return slices.ContainsFunc(r.Tags, is) })
}

// withoutButton leaves the start to the job that has the button: jobs behind it wait for it anyway. What a rule sets is that job's too.
func withoutButton(rules []Rule) []Rule {
	if !slices.ContainsFunc(rules, func(r Rule) bool { return r.When == "manual" }) {
		return rules
	}
	var out []Rule
	for _, rule := range rules {
		if rule.Variables != nil && rule.When == "" {
			continue // the rule with the button comes next, and asks for less
		}
		if rule.When == "manual" {
			rule.When, rule.Variables = "", nil
			if rule.If == "" {
				rule.When = "on_success"
			}
		}
		out = append(out, rule)
	}
	return out
}

// rebuilds is true where one of the images is asked for by name. Of very many any request is enough: the job itself looks
// at the names again.
func rebuilds(names []string) string {
	if len(names) > maxNames {
		return asksForRebuild
	}
	pattern := "/(^|,)(" + alternatives(names) + ")(,|$)/"
	return "$STEMMA_REBUILD =~ " + pattern + ` || "$[[ inputs.rebuild ]]" =~ ` + pattern
}

// alternatives is the part of a pattern that matches any of the names, sorted and each once.
func alternatives(names []string) string {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = strings.ReplaceAll(regexp.QuoteMeta(name), "/", `\/`)
	}
	slices.Sort(escaped)
	return strings.Join(slices.Compact(escaped), "|")
}
