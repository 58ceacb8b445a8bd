package job

import (
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Release lets every tag of every release target name exactly the image that was built and tested. It refuses to in a pipeline of a
// branch or tag that is not protected.
func Release(ctx context.Context, env Env) error {
	release := releaser{Env: env, moves: []Move{}, version: readVersion(env.Getenv("CI_COMMIT_TAG"))}
	if err := release.record(); err != nil {
		return err
	}
	if env.isTrial("Nothing is released") {
		return nil
	}
	if err := env.requireProtected("nothing is released"); err != nil {
		return err
	}
	r := &reader{getenv: env.Getenv}
	image := r.target()
	var targets []schema.ReleaseTarget
	r.decode(schema.VarRelease, &targets)
	for _, t := range targets {
		release.read(r, image, t)
	}
	if err := r.err(); err != nil {
		return err
	}
	source, err := env.released(ctx, image)
	if err != nil {
		return err
	}
	for _, place := range release.places {
		if err := release.move(ctx, source, place); err != nil {
			return err
		}
	}
	return release.record()
}

// place is a repository to release to.
type place struct {
	repository  oci.Repository
	tags        []releaseTag
	credentials oci.Credentials
	// versions is how a tag with the whole version is written there; it may be empty.
	versions string
}

// releaseTag is a tag to set, as it was written and with the version in it.
type releaseTag struct{ written, name string }

type releaser struct {
	Env
	places []place
	moves  []Move
	// version is that of the git tag that the pipeline runs for.
	version version
}

// read turns a target into a place. The credentials are in variables that the target names.
func (e *releaser) read(r *reader, image target, t schema.ReleaseTarget) {
	p := place{repository: image.Repository}
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
		case isSet:
			p.tags = append(p.tags, releaseTag{written, tag})
		default:
			e.logf("%s is not set: %s.", written, e.version.why(written))
		}
	}
	if t.Username != "" {
		why := "it holds the credentials of " + t.Repository + "; set it under Settings > CI/CD > Variables, or see whether it is protected"
		p.credentials = oci.Credentials{Username: r.required(t.Username, why), Password: r.required(t.Password, why), From: t.Username + " and " + t.Password}
	}
	e.places = append(e.places, p)
}

// move copies the image to a place, and only then moves the tags there.
func (e *releaser) move(ctx context.Context, source oci.Reference, p place) error {
	tags, err := e.notOlder(ctx, p)
	if err != nil || len(tags) == 0 {
		return err
	}
	if p.repository != source.Repository() {
		e.logf("Copy %s to %s.", source, p.repository)
		if err := e.Registry.Copy(ctx, source, p.repository, p.credentials, e.Log); err != nil {
			return err
		}
	}
	for _, tag := range tags {
		before, err := e.Registry.ResolveWith(ctx, p.repository.Tag(tag), p.credentials)
		if err != nil && !oci.IsNotFound(err) {
			return err
		}
		if before == source.Digest() {
			e.logf("%s is %s already.", p.repository.Tag(tag), source.Digest())
			continue
		}
		if err := e.Registry.Tag(ctx, p.repository.At(source.Digest()), tag, p.credentials); err != nil {
			return err
		}
		e.moves = append(e.moves, Move{Reference: p.repository.Tag(tag).String(), Before: before.String(), After: source.Digest().String()})
		e.logf("%s: %s → %s", p.repository.Tag(tag), orNothing(before), source.Digest())
	}
	return nil
}

func orNothing(digest oci.Digest) string {
	if digest.IsZero() {
		return "new"
	}
	return digest.String()
}

// record writes down what moved, for the jobs that tell others.
func (e *releaser) record() error {
	return e.writeJSON(schema.ReleaseFile, ReleaseRecord{Pipeline: e.Getenv("CI_PIPELINE_ID"), Moves: e.moves})
}
