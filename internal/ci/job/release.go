package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Release lets every tag of every release target name exactly the image that was built and tested, unless a newer pipeline has released
// the image already or a rollback holds it. It refuses to in a pipeline of a branch or tag that is not protected.
func Release(ctx context.Context, env Env) error {
	e := releaser{Env: env, left: ReleaseRecord{Pipeline: env.Getenv("CI_PIPELINE_ID"), Moves: []Move{}}}
	if err := e.leave(); err != nil {
		return err
	}
	if env.isTrial("Nothing is released") {
		return nil
	}
	if err := env.requireProtected("nothing is released"); err != nil {
		return err
	}
	if err := e.readVariables(); err != nil {
		return err
	}
	if len(e.tags()) == 0 {
		_, err := e.released(ctx, e.image)
		return err
	}
	if err := e.run(ctx); err != nil {
		return err
	}
	return e.leave()
}

// releaser is a release on its way.
type releaser struct {
	Env
	image  target
	places []place
	// version is that of the git tag that the pipeline runs for.
	version version
	line    release.Line
	origin  release.Origin
	told    wave.Poke
	// left is what the job leaves for the poke job.
	left ReleaseRecord
}

func (e *releaser) readVariables() error {
	r := &reader{getenv: e.Getenv}
	e.version = readVersion(e.Getenv("CI_COMMIT_TAG"))
	e.image, e.line, e.origin, e.told = r.target(), r.line(), r.origin(), r.poke()
	switch {
	case !e.told.Wave.IsZero():
	case e.origin.IsPerson():
		e.told.Wave = wave.BeginAt(e.Now())
	default:
		e.told.Wave = wave.Begin(e.Getenv("CI_PIPELINE_ID"))
	}
	e.left.Repository = e.image.Repository.String()
	var targets []schema.ReleaseTarget
	r.decode(schema.VarRelease, &targets)
	for _, t := range targets {
		e.place(r, t)
	}
	return r.err()
}

// run copies the image to all places before it sets the first tag: a place that refuses the image keeps all tags where they are.
func (e *releaser) run(ctx context.Context) error {
	known, isAllowed, err := e.isAllowed(ctx)
	if err != nil || !isAllowed {
		return err
	}
	source, err := e.released(ctx, e.image)
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

// isAllowed reports whether this release may move tags, with the record that says so.
func (e *releaser) isAllowed(ctx context.Context) (known release.Record, isAllowed bool, err error) {
	if known, err = e.known(ctx); err != nil {
		return known, false, err
	}
	isOlder := known.IsAfter(e.origin)
	switch {
	case known.Holds(e.image.Inputs) && (!isOlder || known.Origin == e.origin):
		e.stay("%s: no tag moves. A commit that changes the image ends this, and so does `stemma rollback --resume %s`", known.HoldText(), e.image.Name)
		return known, false, e.waitForHold(ctx, known)
	case isOlder:
		e.stay("%s released %s since: no tag moves. To release what this pipeline built, start a new pipeline for its commit; if the record is wrong, delete the tag %s", whoOf(known), known.Digest, e.line.Record(e.image.Repository))
		return known, false, nil
	}
	return known, true, nil
}

// stay says why no tag moves.
func (e *releaser) stay(format string, args ...any) {
	e.left.Moves, e.left.Release, e.left.Stays = []Move{}, nil, fmt.Sprintf(format, args...)
	e.logf("%s.", e.left.Stays)
}

// waitForHold records that this pipeline has seen the hold, and leaves what the rollback moved to the poke job.
func (e *releaser) waitForHold(ctx context.Context, known release.Record) error {
	seen := known.Seen(e.origin)
	e.left.Release = &seen
	if seen.Equal(known) {
		return nil
	}
	return e.write(ctx, seen)
}

// known is the record of the releases so far. What nobody can read is as if it were not there.
func (e *releaser) known(ctx context.Context) (release.Record, error) {
	return readOr(e.Env, func() (release.Record, error) { return release.Read(ctx, e.Registry, e.image.Repository, e.line) })
}

func (e *releaser) write(ctx context.Context, record release.Record) error {
	return release.Write(ctx, e.Registry, e.image.Repository, e.line, record)
}

// plan is the release as this job is about to do it.
func (e *releaser) plan(digest oci.Digest) release.Release {
	return release.Release{
		Origin: e.origin, Digest: digest, Inputs: e.image.Inputs, Wave: e.told.Wave, Path: e.told.Path, At: e.Now().UTC().Truncate(time.Second), Tags: e.tags(),
	}
}

// set writes down what is about to move, moves it, and writes down that it is done.
func (e *releaser) set(ctx context.Context, known, next release.Record) error {
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

// move sets the tags that name something else.
func (e *releaser) move(ctx context.Context, digest oci.Digest) error {
	for _, p := range e.places {
		for _, tag := range p.tags {
			reference := p.repository.Tag(tag.name)
			if tag.before == digest {
				e.logf("%s is %s already.", reference, digest)
				continue
			}
			if err := e.Registry.Tag(ctx, p.repository.At(digest), tag.name, p.credentials); err != nil {
				return err
			}
			e.left.Moves = append(e.left.Moves, Move{Reference: reference.String(), Before: tag.before.String(), After: digest.String()})
			e.logf("%s: %s → %s", reference, orNothing(tag.before), digest)
		}
	}
	return nil
}

// settleTries is how often tags are set while older releases write over the record.
const settleTries = 3

// settle looks whether another release came in between, which a resource group prevents, and a registry cannot. The newer one wins.
func (e *releaser) settle(ctx context.Context, mine release.Record) error {
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
		e.logf("Another release, of %s, wrote over the record of this one: set the tags again.", whoOf(now))
		if mine.Hold != nil {
			mine = mine.Over(now)
		}
		if err := e.write(ctx, mine); err != nil {
			return err
		}
		if err := e.point(ctx, mine); err != nil {
			return err
		}
	}
	return fmt.Errorf("other releases of %s go on at the same time: give the jobs that release it one resource_group, and run this job again", e.image.Name)
}

// follow sets the tags to what a newer release wants.
func (e *releaser) follow(ctx context.Context, newer release.Record) error {
	e.stay("%s released %s meanwhile: the tags stay there", whoOf(newer), newer.Digest)
	return e.point(ctx, newer)
}

// point sets the tags to what a record says, as far as it is about them.
func (e *releaser) point(ctx context.Context, record release.Record) error {
	for _, p := range e.places {
		for _, tag := range p.tags {
			reference := p.repository.Tag(tag.name)
			if !slices.ContainsFunc(record.Tags, func(t release.Tag) bool { return t.Reference.String() == reference.String() }) {
				continue
			}
			now, err := e.Registry.ResolveWith(ctx, reference, p.credentials)
			if err != nil && !oci.IsNotFound(err) {
				return err
			}
			if now == record.Digest {
				continue
			}
			if err := e.Registry.Tag(ctx, p.repository.At(record.Digest), tag.name, p.credentials); err != nil {
				return err
			}
			e.logf("%s: %s → %s", reference, orNothing(now), record.Digest)
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

// whoOf says who a record's release is of.
func whoOf(r release.Record) string {
	switch {
	case r.Hold != nil:
		return "a rollback"
	case r.IsByPerson || r.Pipeline == 0:
		return "somebody on a machine"
	default:
		return fmt.Sprintf("pipeline %d", r.Pipeline)
	}
}

// leave writes down what happened, for the jobs that tell others.
func (e *releaser) leave() error { return e.writeJSON(schema.ReleaseFile, e.left) }
