package lineage

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// distribute sets the distribution and version of an image. Those of its parents are already set.
func (b *builder) distribute(image *Image) {
	if image.Containerfile.Present() || image.Incomplete {
		return
	}
	base, hasBase := image.Base()
	chosen := image.Image.Distribution
	image.Incomplete = !chosen.Present() && base.Image != nil && base.Image.Incomplete
	switch {
	case image.Incomplete:
		return
	case chosen.Present() && base.Image != nil && base.Image.Distribution != "" && base.Image.Distribution != chosen.Value:
		b.found.Warnf(diagnostic.ConflictingKeys, chosen.Span, "the distribution is %s, but that of the base %s is %s", chosen.Value, diagnostic.Quote(base.Image.Name), base.Image.Distribution).
			WithHint("remove `distribution`: a child has its parent's").WithKey(image.Name + ".distribution")
	case chosen.Present():
	case base.Image != nil && base.Image.Distribution != "":
		image.Distribution = base.Image.Distribution
	default:
		chosen = b.definition.Distribution
	}
	if image.Distribution == "" {
		image.Distribution = chosen.Value
	}
	if image.Distribution == "" {
		b.found.Errorf(diagnostic.MissingKey, image.Span, "the image %s has no distribution", diagnostic.Quote(image.Name)).
			WithHint("add `distribution`, whose package manager installs its packages, or build it from a `containerfile`").WithKey(image.Name + ".distribution")
		image.Incomplete = true
		return
	}
	recipe, ok := b.recipes.Recipe(image.Distribution)
	if !ok {
		names := b.recipes.Names()
		b.found.Errorf(diagnostic.UnknownDistribution, chosen.Span, "unknown distribution %s%s", diagnostic.Quote(image.Distribution),
			diagnostic.DidYouMean(image.Distribution, names)).WithHint("%s", b.distributionHint(image.Distribution, names)).WithKey(image.Name + ".distribution")
		image.Incomplete = true
		return
	}
	b.version(image, hasBase, recipe)
}

func (b *builder) distributionHint(written string, names []string) string {
	if name, version, ok := strings.Cut(written, ":"); ok && slices.Contains(names, name) {
		return fmt.Sprintf("write `distribution: %s` and `version: %s`", name, version)
	}
	return "distributions are: " + strings.Join(names, ", ")
}

// version sets the image's own version or, for an image without a base, the default's if that is of the same distribution.
func (b *builder) version(image *Image, hasBase bool, recipe schema.Recipe) {
	image.Version = image.Image.Version.Value
	if own := image.Image.Version; own.Present() && !hasBase && !recipe.HasVersions() && own.Value != recipe.Version {
		b.found.Warnf(diagnostic.ConflictingKeys, own.Span, "the base of %s has no {version}, so the version has no effect", image.Distribution).
			WithHint("remove it").WithKey(image.Name + ".version")
	}
	if image.Image.Version.Present() || hasBase {
		return
	}
	if preset := b.definition.Distribution; !preset.Present() || preset.Value == image.Distribution {
		image.Version = b.definition.Version.Value
	}
	if image.Version == "" && recipe.NeedsVersion() {
		b.found.Errorf(diagnostic.MissingKey, image.Span, "the image %s has no version of %s", diagnostic.Quote(image.Name), image.Distribution).
			WithHint("add `version`, or a `base` to build from").WithKey(image.Name + ".version")
	}
}

// checkName reports an image with the name of one of stemma's distributions: both would have the template .fdo.container-build@name.
func (b *builder) checkName(image *definition.Image) {
	if recipe, ok := b.recipes.Recipe(image.Name); ok && !recipe.IsOwn {
		b.found.Errorf(diagnostic.ReservedName, image.Span, "the image %s is named like a distribution", diagnostic.Quote(image.Name)).
			WithHint("rename it: the templates of the distribution have this name").WithKey(image.Name)
	}
}
