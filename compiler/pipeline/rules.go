package pipeline

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
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
	asksForRebuild = `$STEMMA_REBUILD || "$[[ inputs.rebuild ]]" != ""`
)

// buildRules says when an image's build jobs stand in a pipeline. With `build: always` they stand in every one and decide
// themselves from what the registry has.
func (c *compilation) buildRules(image *lineage.Image) []Rule {
	button := ""
	if hasButton(image) {
		button = "manual"
	}
	if c.changed {
		rules := c.changedRules(image, "("+onMergeRequest+" || "+onDefaultBranch+")", button)
		if c.isVersioned(image) {
			rules = slices.Insert(rules, 0, Rule{If: onVersion})
		}
		return rules
	}
	if button == "" {
		return []Rule{{When: "on_success"}}
	}
	return []Rule{
		{If: `$STEMMA_AUTOSTART || ` + asksForRebuild + " || " + isPoked + " || " + isCanary + " || " + isSnapshot},
		{When: button},
	}
}

// changedRules select an image that is asked for by name, that a poke is about, or whose files, or those of its ancestors,
// changed.
func (c *compilation) changedRules(image *lineage.Image, where, button string) []Rule {
	family := ancestry(image)
	last := Rule{If: where, Changes: c.changes(family), When: button}
	asked := rebuilds(family)
	if poked := pokes(family); poked != "" {
		asked += " || " + poked
	}
	asked += " || " + isCanary + " || " + isSnapshot
	rules := []Rule{
		{If: asked},
		{If: asksForRebuild + " || " + isPoked + " || " + fromSchedule, When: "never"},
	}
	if button != "" {
		rules = append(rules, Rule{If: `$STEMMA_AUTOSTART && ` + where, Changes: last.Changes})
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
	selected := c.changedRules(image, where, "")
	selected[0].If = where + " && (" + selected[0].If + ")"
	return append(rules, selected...)
}

func isVersion(tag definition.ReleaseTag) bool { return tag.IsVersion() }
func isFixed(tag definition.ReleaseTag) bool   { return !tag.IsVersion() }

// hasTag reports whether an image is released under a tag of a kind.
func hasTag(image *lineage.Image, is func(definition.ReleaseTag) bool) bool {
	return slices.ContainsFunc(image.Release, func(r definition.Release) bool { return slices.ContainsFunc(r.Tags, is) })
}

// withoutButton leaves the start to the job that has the button: jobs behind it wait for it anyway.
func withoutButton(rules []Rule) []Rule {
	if !slices.ContainsFunc(rules, func(r Rule) bool { return r.When == "manual" }) {
		return rules
	}
	out := slices.Clone(rules)
	for i := range out {
		if out[i].When == "manual" {
			out[i].When = "on_success"
			if out[i].If != "" {
				out[i].When = ""
			}
		}
	}
	return out
}

// hasButton reports whether a chain of images starts with this one by hand.
func hasButton(image *lineage.Image) bool {
	if !image.Manual {
		return false
	}
	return !slices.ContainsFunc(ancestry(image)[1:], func(ancestor *lineage.Image) bool { return ancestor.Manual })
}

// ancestry is an image and all images of the project that it is built from, the nearest first.
func ancestry(image *lineage.Image) []*lineage.Image {
	family := []*lineage.Image{image}
	seen := map[*lineage.Image]bool{image: true}
	for i := 0; i < len(family); i++ {
		for _, parent := range family[i].Parents {
			if parent.Image != nil && !seen[parent.Image] {
				seen[parent.Image] = true
				family = append(family, parent.Image)
			}
		}
	}
	return family
}

// rebuilds is true where one of the images is asked for by name. Of a very large family any request is enough: the job
// itself looks at the names again.
func rebuilds(family []*lineage.Image) string {
	if len(family) > maxNames {
		return asksForRebuild
	}
	names := make([]string, len(family))
	for i, image := range family {
		names[i] = image.Name
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

// changes are the patterns of the files that a family is made of and declared in; nil, which means any file, where there
// are more than GitLab takes.
func (c *compilation) changes(family []*lineage.Image) []string {
	patterns := c.patterns(family)
	if len(patterns) > maxChanges {
		return nil
	}
	return patterns
}

// patterns are those of the files that images are made of and declared in, sorted.
func (c *compilation) patterns(images []*lineage.Image) []string {
	patterns := []string{c.root}
	for _, image := range images {
		patterns = append(patterns, image.Files...)
		file := image.Span.File
		if path.Ext(file) == ".cue" {
			file = path.Join(path.Dir(file), "*.cue")
		}
		patterns = append(patterns, file)
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}
