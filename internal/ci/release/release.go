// Package release is the job that moves the released tags of an image, and what moves them back.
package release

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry reads, copies and tags images.
type Registry interface {
	tested.Registry
	ResolveWith(ctx context.Context, at oci.Reference, credentials oci.Credentials) (oci.Digest, error)
	Has(ctx context.Context, at oci.Reference) (bool, error)
	Tags(ctx context.Context, repository oci.Repository, credentials oci.Credentials) ([]schema.Tag, error)
	Copy(ctx context.Context, from oci.Reference, to oci.Repository, credentials oci.Credentials, log io.Writer) error
	Tag(ctx context.Context, from oci.Reference, tag schema.Tag, credentials oci.Credentials) error
}

// Env is what the job uses.
type Env struct {
	Getenv func(string) string
	Log    output.Log
	// Dir is the folder for the outcome; a rollback leaves none.
	Dir      output.Folder
	Now      func() time.Time
	Registry Registry
}

// Run moves every tag of every release target to the image that was built and tested, unless a newer pipeline has already released the
// image or a rollback holds it. It fails in a pipeline of a branch or tag that is not protected.
func Run(ctx context.Context, env Env) error {
	e := releaser{Env: env, left: record.Outcome{Pipeline: env.Getenv("CI_PIPELINE_ID"), Moves: []record.Move{}}}
	if err := e.leave(); err != nil {
		return err
	}
	if trial := jobenv.Trial(env.Getenv); trial != "" {
		env.Log.Printf("Nothing is released: %s.", trial)
		return nil
	}
	if err := jobenv.RequireProtected(env.Getenv, "nothing is released"); err != nil {
		return err
	}
	if err := e.readVariables(); err != nil {
		return err
	}
	if len(e.tags()) == 0 {
		_, err := tested.Releasable(ctx, e.Registry, e.Getenv, e.image)
		return err
	}
	if err := e.run(ctx); err != nil {
		return err
	}
	e.summarize()
	return e.leave()
}

// summarize logs the image that this release released, and its tags.
func (e *releaser) summarize() {
	var tags []string
	for _, tag := range e.tags() {
		tags = append(tags, tag.Reference.String())
	}
	if e.left.Stays == "" && len(tags) > 0 {
		e.Log.Printf("Released %s as %s.", e.image.Repository.At(e.left.Release.Digest), strings.Join(tags, ", "))
	}
}

// releaser is a release in progress.
type releaser struct {
	Env
	image  jobenv.Target
	places []place
	// version is the version of the pipeline's git tag.
	version version
	line    record.Line
	origin  record.Origin
	told    wave.Poke
	// left is the record for the poke job.
	left record.Outcome
}

func (e *releaser) readVariables() error {
	r := jobenv.NewReader(e.Getenv)
	e.version = readVersion(e.Getenv("CI_COMMIT_TAG"))
	e.image, e.told = r.Target(), r.Poke()
	e.line, e.origin = record.Here(e.Getenv)
	switch {
	case !e.told.Wave.IsZero():
	case e.origin.IsPerson():
		e.told.Wave = wave.BeginAt(e.Now())
	default:
		e.told.Wave = wave.Begin(e.Getenv("CI_PIPELINE_ID"))
	}
	e.left.Repository = e.image.Repository.String()
	var targets []schema.ReleaseTarget
	r.Decode(schema.VarRelease, &targets)
	for _, t := range targets {
		e.place(r, t)
	}
	return r.Err()
}

// run copies the image to all places before it sets the first tag: if one place rejects the image, no tag moves.
func (e *releaser) run(ctx context.Context) error {
	known, isAllowed, err := e.isAllowed(ctx)
	if err != nil || !isAllowed {
		return err
	}
	source, err := tested.Releasable(ctx, e.Registry, e.Getenv, e.image)
	if err != nil {
		return err
	}
	if err := e.look(ctx); err != nil {
		return err
	}
	hasCopied, err := e.copy(ctx, source)
	if err != nil {
		return err
	}
	if hasCopied { // which may have taken long
		if known, isAllowed, err = e.isAllowed(ctx); err != nil || !isAllowed {
			return err
		}
	}
	return e.set(ctx, known, known.Next(e.plan(source.Digest())))
}

// isAllowed reports whether this release may move tags, and returns the record that decides it.
func (e *releaser) isAllowed(ctx context.Context) (known record.Releases, isAllowed bool, err error) {
	if known, err = e.known(ctx); err != nil {
		return known, false, err
	}
	isOlder := known.IsAfter(e.origin)
	switch {
	case known.Holds(e.image.Inputs) && (!isOlder || known.Origin == e.origin):
		e.stay("%s: no tag moves. A commit that changes the image ends this, and so does `stemma rollback --resume %s`", known.HoldText(), e.image.Name)
		return known, false, e.waitForHold(ctx, known)
	case isOlder:
		e.stay("%s released %s since: no tag moves. To release what this pipeline built, start a new pipeline for its commit; if the record is wrong, delete the tag %s", whoOf(known), known.Digest, e.line.Releases(e.image.Repository))
		return known, false, nil
	}
	return known, true, nil
}

// stay logs and records why no tag moves.
func (e *releaser) stay(format string, args ...any) {
	e.left.Moves, e.left.Release, e.left.Stays = []record.Move{}, nil, fmt.Sprintf(format, args...)
	e.Log.Printf("%s.", e.left.Stays)
}

// waitForHold records that this pipeline has seen the hold, and passes the moves of the rollback to the poke job.
func (e *releaser) waitForHold(ctx context.Context, known record.Releases) error {
	seen := known.Seen(e.origin)
	e.left.Release = &seen
	if seen.Equal(known) {
		return nil
	}
	return e.write(ctx, seen)
}

// known returns the record of past releases. An unreadable record counts as none.
func (e *releaser) known(ctx context.Context) (record.Releases, error) {
	known, err := record.Read(ctx, e.Registry, e.image.Repository, e.line)
	return known, record.Ignore(e.Log, err)
}

func (e *releaser) write(ctx context.Context, releases record.Releases) error {
	return record.Write(ctx, e.Registry, e.image.Repository, e.line, releases)
}

// plan returns the record of the release that this job is about to make.
func (e *releaser) plan(digest oci.Digest) record.Release {
	return record.Release{
		Origin: e.origin, Digest: digest, Inputs: e.image.Inputs, Wave: e.told.Wave, Path: e.told.Path, At: e.Now().UTC().Truncate(time.Second), Tags: e.tags(),
	}
}

// set records the moves, moves the tags, and records that this is done.
func (e *releaser) set(ctx context.Context, known, next record.Releases) error {
	e.left.Release = &next
	if !next.Equal(known) {
		if err := e.write(ctx, next); err != nil {
			return err
		}
	}
	if err := e.move(ctx, next.Digest); err != nil || next.IsDone {
		return err
	}
	if err := e.keepVersionsInOrder(ctx); err != nil {
		return err
	}
	return e.settle(ctx, next)
}

// move sets the tags that name another image.
func (e *releaser) move(ctx context.Context, digest oci.Digest) error {
	for _, p := range e.places {
		for _, tag := range p.tags {
			reference := p.repository.Tag(tag.name)
			if tag.before == digest {
				e.Log.Printf("%s is already %s.", reference, digest)
				continue
			}
			if err := e.point(ctx, p, tag.name, tag.before, digest); err != nil {
				return err
			}
			e.left.Moves = append(e.left.Moves, record.Move{Reference: reference.String(), Before: tag.before.String(), After: digest.String()})
		}
	}
	return nil
}

// point lets a tag name another image.
func (e *releaser) point(ctx context.Context, p place, tag schema.Tag, before, digest oci.Digest) error {
	if err := e.Registry.Tag(ctx, p.repository.At(digest), tag, p.credentials); err != nil {
		return err
	}
	e.Log.Printf("%s: %s → %s", p.repository.Tag(tag), orNothing(before), digest)
	return nil
}

// settleTries limits how often tags are set again because an older release overwrote the record.
const settleTries = 3

// settle checks whether another release ran at the same time. A resource group prevents that, but a registry cannot. The newer one wins.
func (e *releaser) settle(ctx context.Context, mine record.Releases) error {
	for range settleTries {
		now, err := e.known(ctx)
		switch {
		case err != nil:
			return err
		case now.IsSame(mine):
			mine.IsDone = true
			e.left.Release = &mine
			return e.write(ctx, mine)
		case now.IsAfter(e.origin), e.origin.IsPerson() && !now.IsZero() && mine.Hold == nil:
			return e.follow(ctx, now)
		}
		e.Log.Printf("Another release, of %s, overwrote the record of this one: set the tags again.", whoOf(now))
		if mine.Hold != nil {
			mine = mine.Over(now)
		}
		if err := e.write(ctx, mine); err != nil {
			return err
		}
		if err := e.restore(ctx, mine); err != nil {
			return err
		}
	}
	return fmt.Errorf("other releases of %s run at the same time: give the jobs that release it the same resource_group, and run this job again", e.image.Name)
}

// follow sets the tags as a newer release requires.
func (e *releaser) follow(ctx context.Context, newer record.Releases) error {
	e.stay("%s released %s meanwhile: the tags stay there", whoOf(newer), newer.Digest)
	return e.restore(ctx, newer)
}

// restore sets those tags that a record is about to the record's image.
func (e *releaser) restore(ctx context.Context, to record.Releases) error {
	for _, p := range e.places {
		for _, tag := range p.tags {
			reference := p.repository.Tag(tag.name)
			if !slices.ContainsFunc(to.Tags, func(t record.Tag) bool { return t.Reference.String() == reference.String() }) {
				continue
			}
			now, err := e.imageOf(ctx, p, tag.name)
			if err == nil && now != to.Digest {
				err = e.point(ctx, p, tag.name, now, to.Digest)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func orNothing(digest oci.Digest) string {
	if digest.IsZero() {
		return "new"
	}
	return digest.String()
}

// whoOf names the author of a record's release.
func whoOf(r record.Releases) string {
	switch {
	case r.Hold != nil:
		return "a rollback"
	case r.IsByPerson || r.Pipeline == 0:
		return "somebody on a machine"
	default:
		return fmt.Sprintf("pipeline %d", r.Pipeline)
	}
}

// leave writes the record of the release for later jobs.
func (e *releaser) leave() error { return e.Dir.WriteJSON(schema.ReleaseFile, e.left) }
