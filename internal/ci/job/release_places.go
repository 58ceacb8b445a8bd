package job

import (
	"context"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// place is a repository to release to.
type place struct {
	repository  oci.Repository
	tags        []releaseTag
	credentials oci.Credentials
	// versions is the pattern of its tag with the whole version; it may be empty.
	versions string
}

// releaseTag is a tag to set: its pattern, and the tag with the version filled in.
type releaseTag struct {
	written, name string
	// before is its current image; zero if it does not exist.
	before oci.Digest
}

// place turns a target into a place. The target names the variables with the credentials.
func (e *releaser) place(r *reader, t schema.ReleaseTarget) {
	p := place{repository: e.image.Repository}
	if t.Repository != "" {
		var err error
		if p.repository, err = oci.ParseRepository(t.Repository); err != nil {
			r.fail("%s: %w", schema.VarRelease, err)
		}
	}
	for _, written := range t.Tags {
		if strings.Contains(written, "{version}") {
			p.versions = written
		}
		tag, isSet := e.version.complete(written)
		switch {
		case !isTag(placeholder().ReplaceAllString(tag, "0")):
			r.fail("%s: %q is not a tag", schema.VarRelease, tag)
		case release.IsRecord(tag):
			r.fail("%s: the tag %q is where stemma keeps records of releases: choose another", schema.VarRelease, tag)
		case isSet:
			p.tags = append(p.tags, releaseTag{written: written, name: tag})
		default:
			e.logf("%s is not set: %s.", written, e.version.why(written))
		}
	}
	// A tag with the whole version comes first: it shows other releases that their version is older.
	slices.SortStableFunc(p.tags, func(a, b releaseTag) int { return rank(a) - rank(b) })
	if t.Username != "" {
		why := "it holds the credentials of " + t.Repository + "; set it under Settings > CI/CD > Variables, or see whether it is protected"
		p.credentials = oci.Credentials{Username: r.required(t.Username, why), Password: r.required(t.Password, why), From: t.Username + " and " + t.Password}
	}
	e.places = append(e.places, p)
}

func rank(tag releaseTag) int {
	if tag.hasVersion() {
		return 0
	}
	return 1
}

func (t releaseTag) hasVersion() bool { return strings.Contains(t.written, "{version}") }

// tags returns all tags that this pipeline sets, with their current images.
func (e *releaser) tags() []release.Tag {
	var tags []release.Tag
	for _, p := range e.places {
		for _, tag := range p.tags {
			tags = append(tags, release.Tag{Reference: p.repository.Tag(tag.name), Before: tag.before})
		}
	}
	return tags
}

// look finds the current images of the tags, and leaves out tags of a newer version.
func (e *releaser) look(ctx context.Context) error {
	for i := range e.places {
		p := &e.places[i]
		var err error
		if p.tags, err = e.notOlder(ctx, *p); err != nil {
			return err
		}
		for n := range p.tags {
			before, err := e.Registry.ResolveWith(ctx, p.repository.Tag(p.tags[n].name), p.credentials)
			if err != nil && !oci.IsNotFound(err) {
				return err
			}
			p.tags[n].before = before
		}
	}
	return nil
}

// copy copies the image to the other places where a tag will name it. If all tags of a place already name it, the place has it.
func (e *releaser) copy(ctx context.Context, source oci.Reference) (hasCopied bool, err error) {
	for _, p := range e.places {
		isThere := !slices.ContainsFunc(p.tags, func(t releaseTag) bool { return t.before != source.Digest() })
		if isThere || p.repository == source.Repository() {
			continue
		}
		e.logf("Copy %s to %s.", source, p.repository)
		if err := e.Registry.Copy(ctx, source, p.repository, p.credentials, e.Log); err != nil {
			return hasCopied, err
		}
		hasCopied = true
	}
	return hasCopied, nil
}
