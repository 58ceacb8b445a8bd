package definition

import (
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Policies are folders of the project, or CUE modules.
type Policies []Located[string]

// IsModule reports whether a policy is a CUE module: its name has a version.
func IsModule(policy string) bool { return strings.Contains(policy, "@") }

func (p *Policies) decode(l *loader, n *tree.Node) bool {
	items := n.Items
	if n.Kind == tree.String {
		items = []*tree.Node{n}
	}
	for _, item := range items {
		if name := text(item); name.Present() && l.inside(item) {
			*p = append(*p, name)
		}
	}
	return true
}

// Exception lets images break a rule of a policy for some time.
type Exception struct {
	// Span is its place.
	Span diagnostic.Span
	// Rule is the name of the rule's file without ".cue".
	Rule Located[string] `yaml:"rule"`
	// Images are names of images, or glob patterns.
	Images []Located[string] `yaml:"images"`
	Owner  string            `yaml:"owner"`
	Reason string            `yaml:"reason"`
	// Until is the last day on which it applies.
	Until schema.Date `yaml:"until"`
}

// Covers reports whether an image is one of the exception's.
func (e Exception) Covers(image string) bool {
	for _, pattern := range e.Images {
		if pattern.Value == image || doublestar.MatchUnvalidated(pattern.Value, image) {
			return true
		}
	}
	return false
}

// checkExceptions reports days that do not exist, and patterns that are not valid. It also reports images that do not exist.
func (l *loader) checkExceptions(exceptions *tree.Node) {
	if exceptions == nil {
		return
	}
	for _, exception := range exceptions.Items {
		if until := text(exception.Get("until")); until.Present() {
			if _, err := schema.ParseDate(until.Value); err != nil && !l.isReported(until.Span) {
				l.found.Errorf(diagnostic.BadValue, until.Span, "%v", err).WithKey("exceptions.until")
			}
		}
		images := exception.Get("images")
		if images == nil {
			continue
		}
		if isEmptyList(images) {
			l.found.Errorf(diagnostic.BadValue, images.Span, "an exception needs at least one image").WithKey("exceptions.images")
		}
		for _, item := range images.Items {
			l.checkExcepted(text(item))
		}
	}
}

func (l *loader) checkExcepted(image Located[string]) {
	if !image.Present() || l.images[image.Value] != nil {
		return
	}
	isPattern := strings.ContainsAny(image.Value, `*?[{\`)
	if isPattern && (content.CheckPattern(image.Value) != nil || !doublestar.ValidatePattern(image.Value)) {
		l.found.Errorf(diagnostic.BadValue, image.Span, "%s is not a pattern", diagnostic.Quote(image.Value)).
			WithHint("patterns have *, **, ?, [a-z] and {a,b}").WithKey("exceptions.images")
		return
	}
	names := slices.Sorted(maps.Keys(l.images))
	if isPattern {
		if slices.ContainsFunc(names, func(name string) bool { return doublestar.MatchUnvalidated(image.Value, name) }) {
			return
		}
		l.found.Errorf(diagnostic.UnknownImage, image.Span, "no image of this project matches %s", diagnostic.Quote(image.Value)).
			WithHint("`*` does not match `/`; `**` does").WithKey("exceptions.images")
		return
	}
	l.found.Errorf(diagnostic.UnknownImage, image.Span, "there is no image %s in this project%s", diagnostic.Quote(image.Value), diagnostic.DidYouMean(image.Value, names)).
		WithHint("correct its name, or remove it").WithKey("exceptions.images")
}
