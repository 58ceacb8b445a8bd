package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// checkReleaseLists reports releases without a tag, and credentials that could write to no repository.
func (l *loader) checkReleaseLists(releases *tree.Node) {
	if releases == nil {
		return
	}
	for _, release := range releases.Items {
		if tags := release.Get("tags"); isEmptyList(tags) {
			l.found.Errorf(diagnostic.BadValue, tags.Span, "a release needs at least one tag").WithKey("release.tags")
		}
		if patterns := release.Get("credentials").Get("repositories"); isEmptyList(patterns) {
			l.found.Errorf(diagnostic.BadValue, patterns.Span, "credentials without a repository could write to none").
				WithHint("list patterns such as docker.io/team/*, or remove `repositories`").WithKey("release.credentials.repositories")
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
