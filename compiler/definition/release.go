package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// checkReleaseTags reports releases without a tag.
func (l *loader) checkReleaseTags(releases *tree.Node) {
	if releases == nil {
		return
	}
	for _, release := range releases.Items {
		if tags := release.Get("tags"); tags != nil && tags.Kind == tree.List && len(tags.Items) == 0 {
			l.found.Errorf(diagnostic.BadValue, tags.Span, "a release needs at least one tag").WithKey("release.tags")
		}
	}
}

// checkReleases reports tags that two images would both move.
func (l *loader) checkReleases(images []*Image) {
	type owner struct {
		image *Image
		at    diagnostic.Span
	}
	claimed := map[string]owner{}
	for _, image := range images {
		for _, release := range image.Release {
			if release.Repository.Value == "" {
				continue // its own
			}
			for _, tag := range release.Tags {
				place := release.Repository.Value + ":" + tag.String()
				if first, taken := claimed[place]; taken && first.image != image {
					l.found.Errorf(diagnostic.NameCollision, release.Span, "the images %s and %s would both be released as %s", first.image.Name, image.Name, place).
						WithNote(first.at, "the other release").WithHint("give one of them another repository or tag").WithKey(image.Name + ".release")
				}
				claimed[place] = owner{image, release.Span}
			}
		}
	}
}
