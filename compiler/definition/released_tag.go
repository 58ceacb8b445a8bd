package definition

import (
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// checkTags reports images whose own tag is also a released tag in the same repository. Builds set the image's own tag in every pipeline, and
// would move a released tag in pipelines that must not release.
func (l *loader) checkTags(images []*Image) {
	for _, image := range images {
		if !image.Tag.Present() {
			continue
		}
		if image.Release == nil && image.Tag.Value == schema.Latest {
			l.reportReleased(image)
		}
		l.checkReleasedTag(image)
	}
}

func (l *loader) checkReleasedTag(image *Image) {
	for _, release := range image.Release {
		if release.Repository.Value != "" {
			continue
		}
		for _, tag := range release.Tags {
			if canBe(tag.Of(image.Tag.Value), image.Tag.Value) {
				l.reportReleased(image).WithNote(release.Span, "the release, with the tag %s", tag)
				return
			}
		}
	}
}

func (l *loader) reportReleased(image *Image) *diagnostic.Diagnostic {
	return l.found.Errorf(diagnostic.NameCollision, image.Tag.Span,
		"the release of %s sets its own tag %s, which every build sets too", image.Name, image.Tag.Value).
		WithHint("remove `tag`, choose another one, or release the image under another tag").WithKey(image.Name + ".tag")
}

// versionPatterns match the values of each placeholder (https://semver.org, with '_' for '+').
var versionPatterns = strings.NewReplacer(
	`\{version\}`, `[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9._-]*`, `\{major\}`, `[0-9]+`, `\{minor\}`, `[0-9]+`,
)

// canBe reports whether a release tag is equal to a tag for any version.
func canBe(released schema.ReleaseTag, tag schema.Tag) bool {
	if !released.IsVersion() {
		return released.String() == tag.String()
	}
	return regexp.MustCompile(`^` + versionPatterns.Replace(regexp.QuoteMeta(released.String())) + `$`).MatchString(tag.String())
}
