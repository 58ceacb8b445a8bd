package schema

import (
	"fmt"
	"strings"
)

// Tag is a tag that registries accept; the zero Tag is none.
type Tag struct{ text string }

// Latest is the moving tag of the newest release.
var Latest = Tag{"latest"}

// MaxTag is the maximum length of a tag, https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests.
const MaxTag = 128

// ParseTag reads a tag.
func ParseTag(text string) (Tag, error) {
	if !isTag(text) {
		return Tag{}, fmt.Errorf("%.60q is not a tag: a tag has letters, digits, '_', '.' and '-', at most %d of them, and does not begin with '.' or '-'", text, MaxTag)
	}
	return Tag{text}, nil
}

// TagOf makes a tag of any text: '_' replaces each character that it may not have, and the text is cut to MaxTag.
func TagOf(text string) Tag {
	text = strings.Map(func(r rune) rune {
		if !isInTags(r) {
			return '_'
		}
		return r
	}, text)
	if text == "" || text[0] == '.' || text[0] == '-' {
		text = "_" + text
	}
	return Tag{text[:min(len(text), MaxTag)]}
}

func isTag(text string) bool {
	if text == "" || len(text) > MaxTag || text[0] == '.' || text[0] == '-' {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool { return !isInTags(r) }) < 0
}

func isInTags(r rune) bool { return isLetterOrDigit(r) || r == '_' || r == '.' || r == '-' }

// IsZero reports whether there is no tag.
func (t Tag) IsZero() bool { return t.text == "" }

// UnmarshalText reads a tag as ParseTag does.
func (t *Tag) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTag(string(text))
	return err
}

// String returns the text of the tag.
func (t Tag) String() string { return t.text }

// ReleaseTag is a tag that a release sets: a plain one, one that contains the image's own tag, such as "{tag}-slim", or one that the version
// of a git tag completes, such as "{major}.{minor}".
type ReleaseTag struct{ text string }

const ownTag = "{tag}"

// anyTag replaces each placeholder by a character that a tag may have anywhere.
var anyTag = strings.NewReplacer(ownTag, "0", "{version}", "0", "{major}", "0", "{minor}", "0")

// ParseReleaseTag reads a release tag.
func ParseReleaseTag(text string) (ReleaseTag, error) {
	if !isTag(anyTag.Replace(text)) {
		return ReleaseTag{}, fmt.Errorf("%.60q is not a tag to release: it is a tag, and may have {version}, {major} and {minor} in it, or {tag}", text)
	}
	return ReleaseTag{text}, nil
}

// UnmarshalText reads a release tag as ParseReleaseTag does.
func (t *ReleaseTag) UnmarshalText(text []byte) (err error) {
	*t, err = ParseReleaseTag(string(text))
	return err
}

// String returns the tag with its placeholders.
func (t ReleaseTag) String() string { return t.text }

// Of fills in the image's own tag. Placeholders of the version stay.
func (t ReleaseTag) Of(own Tag) ReleaseTag {
	return ReleaseTag{strings.ReplaceAll(t.text, ownTag, own.text)}
}

// IsVersion reports whether it has placeholders of the version.
func (t ReleaseTag) IsVersion() bool {
	return strings.Contains(strings.ReplaceAll(t.text, ownTag, ""), "{")
}
