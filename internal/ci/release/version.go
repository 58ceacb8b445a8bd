package release

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// version is that of a git tag such as v1.2.3 or 1.2.3-rc.1, by https://semver.org. The zero version is that of a pipeline
// for a branch.
type version struct {
	// gitTag is the git tag as it is; text its version, without a "v", or empty where it is none.
	gitTag, text string
}

func readVersion(gitTag string) version {
	text := strings.TrimPrefix(gitTag, "v")
	if !threeNumbers().MatchString(text) || !semver.IsValid("v"+text) {
		text = ""
	}
	return version{gitTag: gitTag, text: text}
}

// threeNumbers begin a version; package semver takes fewer.
var threeNumbers = pattern.Lazy(`^\d+\.\d+\.\d+`)

// plusInTags replaces '+', which begins the build metadata of a version and is not allowed in a tag. No version has it, so that it can be
// read back: with '-' the tag would be that of a pre-release.
const plusInTags = "_"

// placeholder is a part of a release tag that a version fills in.
var placeholder = pattern.Lazy(`\{(version|major|minor)\}`)

// complete fills a version into a release tag, and reports whether this pipeline sets it. A pipeline for a branch sets the tags without
// placeholders, one for a git tag those with them. A pre-release sets only tags with the whole version.
func (v version) complete(tag string) (completed string, isSet bool) {
	if !placeholder().MatchString(tag) {
		return tag, v.gitTag == ""
	}
	if v.text == "" || semver.Prerelease("v"+v.text) != "" && !strings.Contains(tag, "{version}") {
		return tag, false
	}
	numbers := strings.SplitN(v.text, ".", 3)
	whole := strings.ReplaceAll(v.text, "+", plusInTags)
	return strings.NewReplacer("{version}", whole, "{major}", numbers[0], "{minor}", numbers[1]).Replace(tag), true
}

// why says why a pipeline does not set a release tag.
func (v version) why(tag string) string {
	switch {
	case !placeholder().MatchString(tag):
		return "this pipeline is for the git tag " + v.gitTag + ", not for a branch"
	case v.gitTag == "":
		return "pipelines for git tags set it"
	case v.text == "":
		return "the git tag " + v.gitTag + " is no version such as v1.2.3"
	default:
		return v.text + " is a pre-release"
	}
}

// notOlder returns the tags of a place that this release may move. A tag such as {major} stays at a newer version of the same major.
func (e *releaser) notOlder(ctx context.Context, p place) ([]releaseTag, error) {
	return e.newest(ctx, p, func(tag releaseTag, newer schema.Tag) error {
		e.Log.Printf("%s stays where it is: %s is newer.", p.repository.Tag(tag.name), newer)
		return nil
	})
}

// newest returns the tags of a place for which this is the newest version, and calls a function for each of the others with the tag of a newer
// one. The tags with a whole version say which versions were released.
func (e *releaser) newest(ctx context.Context, p place, other func(tag releaseTag, newer schema.Tag) error) ([]releaseTag, error) {
	if !slices.ContainsFunc(p.tags, p.isOrdered) {
		return p.tags, nil
	}
	known, err := e.Registry.Tags(ctx, p.repository, p.credentials)
	if err != nil {
		return nil, err
	}
	var tags []releaseTag
	for _, tag := range p.tags {
		newer := e.version.newer(known, p.versions, tag.written)
		if !p.isOrdered(tag) || newer.IsZero() {
			tags = append(tags, tag)
		} else if err := other(tag, newer); err != nil {
			return nil, err
		}
	}
	return tags, nil
}

// isOrdered reports whether a tag never goes back to an older version.
func (p place) isOrdered(tag releaseTag) bool {
	return placeholder().MatchString(tag.written) && !tag.hasVersion() && p.versions != ""
}

// keepVersionsInOrder sets tags such as {major} to a newer version that was released meanwhile.
func (e *releaser) keepVersionsInOrder(ctx context.Context) error {
	for i, p := range e.places {
		var err error
		e.places[i].tags, err = e.newest(ctx, p, func(tag releaseTag, newer schema.Tag) error { return e.followVersion(ctx, p, tag, newer) })
		if err != nil {
			return err
		}
	}
	return nil
}

// followVersion sets a tag to the image of a newer version.
func (e *releaser) followVersion(ctx context.Context, p place, tag releaseTag, newer schema.Tag) error {
	digest, err := e.Registry.ResolveWith(ctx, p.repository.Tag(newer), p.credentials)
	if err != nil {
		return err
	}
	if err := e.Registry.Tag(ctx, p.repository.At(digest), tag.name, p.credentials); err != nil {
		return err
	}
	e.Log.Printf("%s: → %s, since %s was released meanwhile.", p.repository.Tag(tag.name), digest, newer)
	return nil
}

// newer returns the newest of the known tags whose version, by a pattern, is newer than v and completes a tag in the same way; empty if there
// is none.
func (v version) newer(known []schema.Tag, pattern, tag string) schema.Tag {
	before, after, _ := strings.Cut(pattern, "{version}")
	own, _ := v.complete(tag)
	newest, name := v, schema.Tag{}
	for _, candidate := range known {
		text, isBefore := strings.CutPrefix(candidate.String(), before)
		text, isAfter := strings.CutSuffix(text, after)
		other := readVersion(strings.ReplaceAll(text, plusInTags, "+"))
		if !isBefore || !isAfter || other.text == "" || semver.Compare("v"+other.text, "v"+newest.text) <= 0 {
			continue
		}
		if completed, isSet := other.complete(tag); isSet && completed == own {
			newest, name = other, candidate
		}
	}
	return name
}
