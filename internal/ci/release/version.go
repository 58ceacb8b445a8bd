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

// notOlder returns the tags of a place that this release may move. A tag such as {major} stays at a newer version of the same major. The
// tags with a whole version say which versions were released.
func (e *releaser) notOlder(ctx context.Context, p place) ([]releaseTag, error) {
	var tags []releaseTag
	var known []schema.Tag
	for _, tag := range p.tags {
		if !p.isOrdered(tag) {
			tags = append(tags, tag)
			continue
		}
		if known == nil {
			listed, err := e.Registry.Tags(ctx, p.repository, p.credentials)
			if err != nil {
				return nil, err
			}
			known = append([]schema.Tag{}, listed...)
		}
		if newer := e.version.newer(known, p.versions, tag.written); !newer.IsZero() {
			e.Log.Printf("%s stays where it is: %s is newer.", p.repository.Tag(tag.name), newer)
			continue
		}
		tags = append(tags, tag)
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
		if !slices.ContainsFunc(p.tags, p.isOrdered) {
			continue
		}
		known, err := e.Registry.Tags(ctx, p.repository, p.credentials)
		if err != nil {
			return err
		}
		var own []releaseTag
		for _, tag := range p.tags {
			newer := e.version.newer(known, p.versions, tag.written)
			if !p.isOrdered(tag) || newer.IsZero() {
				own = append(own, tag)
				continue
			}
			if err := e.followVersion(ctx, p, tag, newer); err != nil {
				return err
			}
		}
		e.places[i].tags = own
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
