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

func (l *loader) releases(n *tree.Node) []Release {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	out := []Release{}
	for _, item := range n.Items {
		release := Release{
			Repository: text(item.Get("repository")).Value,
			Username:   text(item.Get("credentials").Get("username")).Value,
			Password:   text(item.Get("credentials").Get("password")).Value,
			Span:       item.Span,
		}
		for _, written := range texts(item.Get("tags")) {
			if tag, err := ParseReleaseTag(written.Value); err == nil {
				release.Tags = append(release.Tags, tag)
			}
		}
		if len(texts(item.Get("tags"))) == 0 && item.Get("tags") != nil {
			l.found.Errorf(diagnostic.BadValue, item.Get("tags").Span, "a release needs at least one tag").WithKey("release.tags")
		}
		out = append(out, release)
	}
	return out
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
