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
	// versions is how a tag with the whole version is written there; it may be empty.
	versions string
}

// releaseTag is a tag to set, as it was written and with the version in it.
type releaseTag struct {
	written, name string
	// before is what it names now; zero where it names nothing.
	before oci.Digest
}

// place turns a target into a place. The credentials are in variables that the target names.
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
	// A tag with the whole version comes first: others see by it that theirs is older.
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

// look finds out what the tags name now, and leaves out those that stay at a newer version.
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

// copy copies the image to the other places where a tag will name it. A place where all tags name it has it.
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
