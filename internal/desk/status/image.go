package status

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// job is what the build job of an image is told.
type job struct {
	jobenv.Target
	// keys are those of the tests that the image must pass.
	keys       []string
	platforms  []string
	isReleased bool
}

func (a *asker) job(image local.Image) (job, error) {
	variables := maps.Clone(image.Build)
	variables["CI_REGISTRY_IMAGE"] = a.prefix
	r := jobenv.NewReader(func(name string) string { return variables[name] })
	j := job{Target: r.Target(), platforms: r.List(schema.VarPlatforms), isReleased: image.Release != nil}
	var err error
	if j.keys, err = tested.Required(r.Getenv); err != nil {
		return j, err
	}
	return j, r.Err()
}

// look finds out how far an image is.
func (a *asker) look(ctx context.Context, image local.Image, status *Image) error {
	job, err := a.job(image)
	if err != nil {
		return err
	}
	found, err := a.registry.Look(ctx, image.Reference, "")
	switch {
	case oci.IsNotFound(err):
		if err := a.lookUntagged(ctx, job, status); err != nil || status.State == Failed {
			return err
		}
		return a.addRelease(ctx, job, oci.Digest{}, status)
	case err != nil:
		return err
	case job.IsContentTag() && found.Labels[schema.LabelInputs] != job.Inputs:
		status.State, status.Note = Missing, "the image under its tag has other inputs"
		return nil
	}
	a.describe(status, found)
	if found.Labels[schema.LabelInputs] != job.Inputs {
		status.Note = "its inputs have changed since; its tag is written by hand, so pipelines use it as it is"
	}
	hasPassed, err := a.hasPassed(ctx, found, job.keys)
	if err != nil {
		return err
	}
	if status.State = Tested; !hasPassed {
		status.State, status.Note = Untested, "it has not passed the tests that it has now"
	}
	if err := a.addRelease(ctx, job, found.Digest, status); err != nil {
		return err
	}
	return a.addFailures(ctx, job, status)
}

// describe adds what the labels of an image tell.
func (a *asker) describe(status *Image, found oci.Found) {
	status.Digest, status.Size, status.Reason = found.Digest.String(), found.Size, brief(found.Labels[schema.LabelReason])
	if status.Built = provenance.Created(found.Labels); !status.Built.IsZero() {
		status.Age = int64(max(0, a.now.Sub(status.Built)) / time.Second)
	}
}

func (a *asker) hasPassed(ctx context.Context, found oci.Found, keys []string) (bool, error) {
	if len(keys) == 0 {
		return true, nil
	}
	parts, err := tested.Parts(ctx, a.registry, found, "")
	if err != nil {
		return false, err
	}
	records := tested.Records{Registry: a.registry}
	for _, part := range parts {
		for _, key := range keys {
			if _, ok, err := records.Passed(ctx, part, key, false); err != nil || !ok {
				return false, err
			}
		}
	}
	return true, nil
}

// addRelease compares an image with the last release of the default branch.
func (a *asker) addRelease(ctx context.Context, job job, digest oci.Digest, status *Image) error {
	if !job.isReleased {
		return nil
	}
	last, err := record.Read(ctx, a.registry, job.Repository, record.Line{})
	var unreadable record.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		status.Note = brief(err.Error())
		return nil
	case err != nil:
		return err
	case last.IsZero():
	case last.Digest == digest && last.IsDone && status.State == Tested:
		status.State = Released
	case last.Digest == digest && !last.IsDone:
		status.Note = "its release began, and did not end"
	case last.Digest != digest:
		status.Note = short(last.Digest.String()) + " is released"
	}
	if last.Hold != nil {
		status.Note = brief(last.HoldText())
	}
	return nil
}

// addFailures adds how often a rebuild of an image failed since it was built.
func (a *asker) addFailures(ctx context.Context, job job, status *Image) error {
	for _, platform := range job.parts() {
		failed, err := record.ReadFailures(ctx, a.registry, job.Target, platform)
		if err != nil {
			return err
		}
		if failed.Failures > 0 && failed.Last.After(status.Built) {
			status.Note = "its rebuild failed since, the last time at " + failed.Last.Format(time.RFC3339)
		}
	}
	return nil
}

// lookUntagged looks for an image that was pushed without a tag, because its tests failed or have not ended.
func (a *asker) lookUntagged(ctx context.Context, job job, status *Image) error {
	status.State = Missing
	for _, platform := range job.parts() {
		noted, err := a.registry.Look(ctx, record.Untested(job.Target, platform), "")
		if oci.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		digest, err := oci.ParseDigest(noted.Labels[schema.LabelUntested])
		if err != nil {
			continue // no job of stemma writes that
		}
		found, err := a.registry.Look(ctx, job.Repository.At(digest), "")
		switch {
		case oci.IsNotFound(err):
			continue
		case err != nil:
			return err
		case found.Labels[schema.LabelInputs] != job.Inputs:
			continue
		}
		a.describe(status, found)
		status.State, status.Note = Failed, "its tests failed, or have not ended: no tag names it"
		if pipeline := noted.Labels[schema.LabelPipelineID]; pipeline != "" {
			status.Note = brief(strings.Replace(status.Note, ",", " in pipeline "+pipeline+",", 1))
		}
		return nil
	}
	return nil
}

// parts lists the platforms that have records of their own; one that is empty for a single image.
func (j job) parts() []string {
	if len(j.platforms) == 0 {
		return []string{""}
	}
	return j.platforms
}
