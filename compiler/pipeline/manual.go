package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const startPrefix = "start:"

// isUnasked is false where somebody asked for builds: a play button would only be in the way.
var isAsked = condition.Any(isAutostart, asksForRebuild, isPoked, isWhole, isForced)

// start returns how a person starts the chain of images that begins with this one. Images further down wait for the first.
func (c *compilation) start(image *lineage.Image) definition.Manual {
	above := func(is func(*line) bool) bool {
		return slices.ContainsFunc(image.Parents, func(p lineage.Parent) bool { return p.Image != nil && is(c.line(p.Image)) })
	}
	switch {
	case image.Manual == definition.ManualRebuild && above(func(l *line) bool { return l.isRebuilt }):
		return definition.NotManual
	case image.Manual != definition.ManualRebuild && above(func(l *line) bool { return l.isManual }):
		return definition.NotManual
	}
	return image.Manual
}

// buildRules are those by which an image is selected, with what its start adds: a button that blocks the pipeline, or the rebuild that a
// person asked for.
func (c *compilation) buildRules(image *lineage.Image) []Rule {
	rules := c.selectRules(image)
	unasked := len(rules) - 1
	switch c.start(image) {
	case definition.ManualBlocking:
		button := rules[unasked]
		button.When = OnManual
		rules[unasked].If, rules[unasked].When = condition.All(isAutostart, button.If), ""
		rules = append(rules, button)
	case definition.ManualRebuild:
		rules = slices.Insert(rules, unasked, Rule{
			If: condition.All(byPerson(c.source()), onDefaultBranch), Variables: []Variable{{Name: schema.VarForceRebuild, Value: "1"}},
		})
	default:
		return rules
	}
	if c.changed {
		return rules
	}
	return slices.Insert(rules, 0, Rule{If: condition.Any(asksForRebuild, isPoked, isWhole)})
}

// startJobs are the play button of a chain, if it has one. A manual job that may fail blocks no pipeline,
// https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs; a build that may fail would let its children run.
func (c *compilation) startJobs(image *lineage.Image) []Job {
	button := Rule{When: OnManual, AllowFailure: true}
	asked := isAsked
	switch c.start(image) {
	case definition.ManualRebuild:
		button.If = condition.All(byPerson(c.source()), onDefaultBranch)
	case definition.ManualStart:
		if c.changed {
			asked = condition.Any(isAsked, fromSchedule)
			button.If, button.Changes = whereChanged(c.source()), atMost(c.line(image).patterns, maxChanges)
		}
	default:
		return nil
	}
	return []Job{{
		Name: startPrefix + image.Name, Extends: sharedName, Stage: stage(image.Stages.Build, "build"), Tags: image.Runners.Of(""),
		Rules: []Rule{{If: asked, When: Never}, button}, Variables: []Variable{withoutCheckout},
		Script: []string{"echo 'The images that need this job are built now.'"},
	}}
}
