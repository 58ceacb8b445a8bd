package pipeline

import (
	"cmp"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const startPrefix = "start:"

// isAsked is true where somebody asked for builds: a play button would only be in the way.
var isAsked = condition.Any(isAutostart, asksForRebuild, isPoked, isWhole, isForced)

// buttons are the play buttons of the images that an image is built from.
type buttons struct {
	// patterns are those of the files that select an image with a button, each in the pipelines where changed files select images.
	patterns []string
	// areEverywhere says that such a pipeline has a button whichever files changed.
	areEverywhere bool
}

// buttonsAbove returns the buttons of an image's parents. A parent's buttons include those of its own parents.
func (c *compilation) buttonsAbove(image *lineage.Image) buttons {
	var all buttons
	for _, parent := range image.Parents {
		if parent.Image != nil {
			above := c.line(parent.Image).buttons
			all.patterns = append(all.patterns, above.patterns...)
			all.areEverywhere = all.areEverywhere || above.areEverywhere
		}
	}
	slices.Sort(all.patterns)
	all.patterns = slices.Compact(all.patterns)
	return all
}

// cover reports whether there is a button wherever files with the patterns of a line change.
func (b buttons) cover(l *line) bool {
	return b.areEverywhere || len(l.patterns) <= maxChanges && !slices.ContainsFunc(l.patterns, func(pattern string) bool {
		_, ok := slices.BinarySearch(b.patterns, pattern)
		return !ok
	})
}

// rules hold where there is a button.
func (b buttons) rules(where condition.Condition, when When) []Rule {
	var rules []Rule
	for some := range slices.Chunk(b.patterns, maxChanges) {
		rules = append(rules, Rule{If: where, Changes: some, When: when})
	}
	return rules
}

// start returns how a person starts the chain of images that begins with this one. Where an image above has a button, this one waits
// for that; where only files of this one changed, the image above is not in the pipeline.
func (c *compilation) start(image *lineage.Image) definition.Manual {
	isRebuilt := func(p lineage.Parent) bool { return p.Image != nil && c.line(p.Image).isRebuilt }
	switch {
	case image.Manual == definition.ManualRebuild && slices.ContainsFunc(image.Parents, isRebuilt):
		return definition.NotManual
	case image.Manual != definition.ManualRebuild && c.buttonsAbove(image).cover(c.line(image)):
		return definition.NotManual
	}
	return image.Manual
}

// buildRules returns the rules that select an image, and those that its start adds: a button that blocks the pipeline, or the rebuild that
// a person requested.
func (c *compilation) buildRules(image *lineage.Image) []Rule {
	rules := c.selectRules(image)
	unasked := len(rules) - 1
	switch c.start(image) {
	case definition.ManualBlocking:
		button := rules[unasked]
		button.When = OnManual
		rules[unasked].If, rules[unasked].When = condition.All(isAutostart, button.If), ""
		rules = append(rules, button)
		rules = slices.Insert(rules, unasked, c.buttonsAbove(image).rules(button.If, "")...)
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
	return slices.Insert(rules, 0, Rule{If: condition.Any(askedBelow(image), isWhole)})
}

// askedBelow is true where a rebuild by name or a poke is about an image or one that is built on it.
func askedBelow(image *lineage.Image) condition.Condition {
	var names, outside []string
	seen := map[*lineage.Image]bool{}
	var visit func(*lineage.Image)
	visit = func(image *lineage.Image) {
		if seen[image] || len(names) > maxNames {
			return
		}
		seen[image] = true
		names, outside = append(names, image.Name), union(outside, foreign(image))
		for _, child := range image.Children {
			visit(child)
		}
	}
	visit(image)
	if len(names) > maxNames {
		return condition.Any(asksForRebuild, isPoked)
	}
	return condition.Any(rebuilds(names), pokes(outside))
}

// startJobs are the play button of a chain, if it has one. A manual job that may fail blocks no pipeline,
// https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs; a build that may fail would let its children run.
func (c *compilation) startJobs(image *lineage.Image) []Job {
	button := Rule{When: OnManual, AllowFailure: true}
	var above []Rule
	asked := isAsked
	switch c.start(image) {
	case definition.ManualRebuild:
		button.If = condition.All(byPerson(c.source()), onDefaultBranch)
	case definition.ManualStart:
		if !c.changed {
			asked = condition.Any(isAutostart, askedBelow(image), isWhole, isForced)
		} else {
			asked = condition.Any(isAsked, fromSchedule)
			button.If, button.Changes = whereChanged(c.source()), inOneRule(c.line(image).patterns)
			above = c.buttonsAbove(image).rules(button.If, Never)
		}
	default:
		return nil
	}
	return []Job{{
		Name: startPrefix + image.Name, Extends: []string{sharedName}, Stage: cmp.Or(image.Stages.Build, "build"), Tags: image.Runners.Of(""),
		Rules: slices.Concat([]Rule{{If: asked, When: Never}}, above, []Rule{button}), Variables: []Variable{withoutCheckout},
		Script: []string{"echo 'The images that need this job are built now.'"},
	}}
}
