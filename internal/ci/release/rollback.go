package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Rollback describes to which image the released tags move back.
type Rollback struct {
	// To is a digest, the beginning of the digest of an earlier release, or a tag of the image.
	To string
	// Reason and By are for readers of the record.
	Reason, By string
	// DryRun only logs the moves.
	DryRun bool
}

// Run moves the tags that pipelines of branches release to an image that was released before, and holds them there. The variables are
// those of the release job.
func (b Rollback) Run(ctx context.Context, env Env) error {
	e, known, err := openReleases(ctx, env)
	if err != nil {
		return err
	}
	to, err := e.which(ctx, known, b.To)
	if err != nil {
		return err
	}
	inputs, err := e.inputsOf(ctx, to)
	if err != nil {
		return err
	}
	if err := e.look(ctx); err != nil {
		return err
	}
	if b.DryRun {
		e.sayMoves(to)
		return nil
	}
	if _, err := e.copy(ctx, e.image.Repository.At(to)); err != nil {
		return err
	}
	plan := e.plan(to)
	plan.Inputs = inputs
	plan.Hold = &record.Hold{Inputs: e.heldBack(ctx, known), Reason: b.Reason, By: b.By, At: plan.At}
	if err := e.set(ctx, known, known.Next(plan)); err != nil {
		return err
	}
	e.Log.Printf("They stay there until a commit changes the image, or until `stemma rollback --resume %s`.", e.image.Name)
	if len(e.left.Moves) > 0 {
		e.Log.Printf("If projects depend on the image, the next pipeline of the default branch tells them.")
	}
	return nil
}

// Resume ends the hold of a rollback: the next release moves the tags.
func Resume(ctx context.Context, env Env) error {
	e, known, err := openReleases(ctx, env)
	switch {
	case err != nil:
		return err
	case known.Hold == nil:
		e.Log.Printf("No rollback holds %s.", e.image.Name)
		return nil
	}
	if err := e.write(ctx, known.Resumed()); err != nil {
		return err
	}
	e.Log.Printf("%s is released again by the next pipeline. To release it now, run the job release:%s of the newest pipeline again.", e.image.Name, e.image.Name)
	return nil
}

// Past is a release of an image.
type Past struct {
	Digest oci.Digest
	// Pipeline is the last one that released it; zero where it is not known, and where a person released. At is zero where it is not known.
	Pipeline uint64
	At       time.Time
	// IsGone says that the registry does not have the image any more.
	IsGone bool
}

// List returns the releases of an image, the present one first, and says what holds it there; empty where nothing does.
func List(ctx context.Context, env Env) (releases []Past, hold string, err error) {
	e, known, err := openReleases(ctx, env)
	if err != nil || known.IsZero() {
		return nil, "", err
	}
	releases = []Past{{Digest: known.Digest, Pipeline: known.Pipeline, At: known.At}}
	if known.IsByPerson || known.Hold != nil {
		releases[0].Pipeline = 0
	}
	for _, one := range known.Earlier {
		releases = append(releases, Past{Digest: one.Digest, Pipeline: one.Pipeline, At: one.At})
	}
	for i := range releases {
		isThere, err := e.Registry.Has(ctx, e.image.Repository.At(releases[i].Digest))
		if err != nil {
			return nil, "", err
		}
		releases[i].IsGone = !isThere
	}
	if known.Hold != nil {
		hold = known.HoldText()
	}
	return releases, hold, nil
}

// openReleases reads the variables and the record of the releases.
func openReleases(ctx context.Context, env Env) (*releaser, record.Releases, error) {
	e := &releaser{Env: env}
	if err := e.readVariables(); err != nil {
		return nil, record.Releases{}, err
	}
	if len(e.tags()) == 0 {
		return nil, record.Releases{}, fmt.Errorf("pipelines of branches set no tag of %s, so there is nothing to roll back", e.image.Name)
	}
	known, err := e.known(ctx)
	return e, known, err
}

// beginning matches the beginning of a digest, without its algorithm.
var beginning = pattern.Lazy(`^[0-9a-f]{7,63}$`)

// which returns the digest for a text that names a release.
func (e *releaser) which(ctx context.Context, known record.Releases, text string) (oci.Digest, error) {
	if digest, err := oci.ParseDigest(text); err == nil {
		return digest, nil
	}
	found, err := matching(known, strings.TrimPrefix(text, "sha256:"))
	if err != nil || !found.IsZero() {
		return found, err
	}
	if tag, err := schema.ParseTag(text); err == nil && !record.IsRecord(text) {
		digest, err := e.Registry.Resolve(ctx, e.image.Repository.Tag(tag))
		if err == nil || !oci.IsNotFound(err) {
			return digest, err
		}
	}
	return oci.Digest{}, fmt.Errorf("%q is no digest, no tag of %s and not the beginning of the digest of an earlier release: `stemma rollback %s` lists these", text, e.image.Repository, e.image.Name)
}

// matching is the release whose digest begins with a text; zero where there is none.
func matching(known record.Releases, text string) (oci.Digest, error) {
	if !beginning().MatchString(text) {
		return oci.Digest{}, nil
	}
	var found []oci.Digest
	for _, one := range append([]record.Earlier{{Digest: known.Digest}}, known.Earlier...) {
		if strings.HasPrefix(one.Digest.String(), "sha256:"+text) && !slices.Contains(found, one.Digest) {
			found = append(found, one.Digest)
		}
	}
	switch len(found) {
	case 0:
		return oci.Digest{}, nil
	case 1:
		return found[0], nil
	default:
		return oci.Digest{}, fmt.Errorf("%q begins the digests of %d releases: write more of it", text, len(found))
	}
}

// inputsOf returns the inputs of an image to roll back to. It fails if the registry does not have the image, or if it is another image's.
func (e *releaser) inputsOf(ctx context.Context, digest oci.Digest) (string, error) {
	found, err := e.Registry.Look(ctx, e.image.Repository.At(digest), "")
	switch {
	case oci.IsNotFound(err):
		return "", fmt.Errorf("%w: it was deleted, or was never there; `stemma rollback %s` lists the releases", err, e.image.Name)
	case err != nil:
		return "", err
	case found.Labels[schema.LabelImage] != e.image.Name:
		return "", fmt.Errorf("%s is no build of %s: its label %s is %q", found.Reference, e.image.Name, schema.LabelImage, found.Labels[schema.LabelImage])
	}
	return found.Labels[schema.LabelInputs], nil
}

// heldBack returns the inputs of the image that the hold keeps from release: those of the last release. Without a record they are those of
// the released tag's image, or else those of the definition.
func (e *releaser) heldBack(ctx context.Context, known record.Releases) string {
	if known.Hold != nil {
		return known.Hold.Inputs
	}
	if known.Inputs != "" {
		return known.Inputs
	}
	for _, tag := range e.tags() {
		if tag.Before.IsZero() {
			continue
		}
		if inputs, err := e.inputsOf(ctx, tag.Before); err == nil && inputs != "" {
			return inputs
		}
	}
	return e.image.Inputs
}

// sayMoves logs which tags would move.
func (e *releaser) sayMoves(to oci.Digest) {
	for _, tag := range e.tags() {
		if tag.Before == to {
			e.Log.Printf("%s is already %s.", tag.Reference, to)
		} else {
			e.Log.Printf("%s would move: %s → %s", tag.Reference, orNothing(tag.Before), to)
		}
	}
}

// maxReason limits the length of a rollback's reason, in bytes.
const maxReason = 500

// CheckReason fails for a text that is not a valid reason.
func CheckReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errors.New("it is empty: say why the image goes back, for those who wonder why no release moves it")
	case len(reason) > maxReason:
		return fmt.Errorf("it has %d bytes, and may have %d", len(reason), maxReason)
	}
	return nil
}
