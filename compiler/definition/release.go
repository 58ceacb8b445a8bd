package definition

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// ReleaseTag is a tag to set: a plain one, one that contains the image's own tag, such as "{tag}-slim", or a pattern that the version of a
// git tag completes, such as "{major}.{minor}".
type ReleaseTag struct{ text string }

var releaseTagPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_]|\{(version|major|minor|tag)\})([A-Za-z0-9_.-]|\{(version|major|minor|tag)\}){0,127}$`)
})

// ParseReleaseTag parses a release tag.
func ParseReleaseTag(text string) (ReleaseTag, error) {
	if !releaseTagPattern().MatchString(text) {
		return ReleaseTag{}, fmt.Errorf("%s is not a release tag", diagnostic.Quote(text))
	}
	return ReleaseTag{text}, nil
}

// String returns the tag or pattern as the definition has it.
func (t ReleaseTag) String() string { return t.text }

// Of fills in the image's own tag. Placeholders of the version stay.
func (t ReleaseTag) Of(own Tag) ReleaseTag {
	return ReleaseTag{strings.ReplaceAll(t.text, ownTag, own.String())}
}

const ownTag = "{tag}"

// IsVersion reports whether it has placeholders of the version.
func (t ReleaseTag) IsVersion() bool {
	return strings.Contains(strings.ReplaceAll(t.text, ownTag, ""), "{")
}

func (t *ReleaseTag) decode(_ *loader, n *tree.Node) bool {
	tag, err := ParseReleaseTag(n.Text)
	*t = tag
	return err == nil
}

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
			if release.Repository == "" {
				continue // its own
			}
			for _, tag := range release.Tags {
				place := release.Repository + ":" + tag.String()
				if first, taken := claimed[place]; taken && first.image != image {
					l.found.Errorf(diagnostic.NameCollision, release.Span, "the images %s and %s would both be released as %s", first.image.Name, image.Name, place).
						WithNote(first.at, "the other release").WithHint("give one of them another repository or tag").WithKey(image.Name + ".release")
				}
				claimed[place] = owner{image, release.Span}
			}
		}
	}
}
