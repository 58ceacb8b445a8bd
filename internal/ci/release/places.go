package release

import (
	"context"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
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
	written string
	name    schema.Tag
	// before is its current image; zero if it does not exist.
	before oci.Digest
}

// place turns a target into a place. The target names the variables with the credentials.
func (e *releaser) place(r *jobenv.Reader, t schema.ReleaseTarget) {
	p := place{repository: e.image.Repository}
	if t.Repository != "" {
		p.repository = r.Repository(schema.VarRelease, t.Repository)
	}
	if !schema.MatchesAny(t.Repositories, p.repository) {
		r.Fail("%s: the credentials in %s and %s may not write to %s, only to %s", schema.VarRelease, t.Username, t.Password, p.repository, schema.JoinPatterns(t.Repositories))
	}
	for _, written := range t.Tags {
		if strings.Contains(written, "{version}") {
			p.versions = written
		}
		text, isSet := e.version.complete(written)
		if !isSet {
			if _, err := schema.ParseReleaseTag(written); err != nil {
				r.Fail("%s: %w", schema.VarRelease, err)
			}
			e.Log.Printf("%s is not set: %s.", written, e.version.why(written))
			continue
		}
		if record.IsRecord(text) {
			r.Fail("%s: the tag %q is where stemma keeps records of releases: choose another", schema.VarRelease, text)
		}
		p.tags = append(p.tags, releaseTag{written: written, name: r.Tag(schema.VarRelease, text)})
	}
	// A tag with the whole version comes first: it shows other releases that their version is older.
	slices.SortStableFunc(p.tags, func(a, b releaseTag) int { return rank(a) - rank(b) })
	p.credentials = r.Credentials(t.Repository, t.Username, t.Password)
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
func (e *releaser) tags() []record.Tag {
	var tags []record.Tag
	for _, p := range e.places {
		for _, tag := range p.tags {
			tags = append(tags, record.Tag{Reference: p.repository.Tag(tag.name), Before: tag.before})
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
			if p.tags[n].before, err = e.imageOf(ctx, *p, p.tags[n].name); err != nil {
				return err
			}
		}
	}
	return nil
}

// imageOf returns the image that a tag of a place names now; zero if the tag does not exist.
func (e *releaser) imageOf(ctx context.Context, p place, tag schema.Tag) (oci.Digest, error) {
	digest, err := e.Registry.ResolveWith(ctx, p.repository.Tag(tag), p.credentials)
	if oci.IsNotFound(err) {
		return oci.Digest{}, nil
	}
	return digest, err
}

// copy copies the image to the other places where a tag will name it. If all tags of a place already name it, the place has it.
func (e *releaser) copy(ctx context.Context, source oci.Reference) (hasCopied bool, err error) {
	for _, p := range e.places {
		isThere := !slices.ContainsFunc(p.tags, func(t releaseTag) bool { return t.before != source.Digest() })
		if isThere || p.repository == source.Repository() {
			continue
		}
		e.Log.Printf("Copy %s to %s.", source, p.repository)
		if err := e.Registry.Copy(ctx, source, p.repository, p.credentials, e.Log); err != nil {
			return hasCopied, err
		}
		hasCopied = true
	}
	return hasCopied, nil
}
