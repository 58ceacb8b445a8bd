package poke

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// reason tells why dependents are poked and about which image, or why they are not.
type reason struct {
	yes, no string
	about   record.Poked
}

// reason decides whether to poke dependents. They are poked about a release that moved a tag, even if an earlier pipeline moved it and could
// not poke them; without a release, about the image that this pipeline built.
func (p *poker) reason(ctx context.Context) (reason, error) {
	if len(p.dependents) == 0 {
		return reason{no: "no project depends on " + p.name.String()}, nil
	}
	left, err := p.left()
	if err != nil {
		return reason{}, err
	}
	var moved []record.Tag
	if left.Release != nil {
		moved = left.Release.Moved()
	}
	if len(moved) == 0 && left.Stays != "" {
		return reason{no: left.Stays}, nil
	}
	told, err := p.recorded(ctx)
	if err != nil {
		return reason{}, err
	}
	if len(moved) > 0 {
		return p.released(*left.Release, moved[0], told), nil
	}
	found, err := p.Registry.Look(ctx, p.image.reference, "")
	switch {
	case oci.IsNotFound(err):
		return reason{}, fmt.Errorf("%w; it was deleted, or its build job did not run: nobody is poked", err)
	case err != nil:
		return reason{}, fmt.Errorf("%w; it is not known whether this pipeline built it: nobody is poked", err)
	}
	return p.built(found, told), nil
}

// left is the record of this pipeline's release job about this image; zero without one.
func (p *poker) left() (record.Outcome, error) {
	left, err := record.ReadOutcome(string(p.Dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return record.Outcome{}, nil
	case err != nil:
		return record.Outcome{}, err
	case left.Pipeline == "":
		p.Log.Printf("Ignore %s: it does not say which pipeline wrote it.", schema.ReleaseFile)
		return record.Outcome{}, nil
	case left.Pipeline != p.Getenv("CI_PIPELINE_ID"):
		p.Log.Printf("Ignore %s: pipeline %s wrote it, and this is pipeline %s.", schema.ReleaseFile, left.Pipeline, p.Getenv("CI_PIPELINE_ID"))
		return record.Outcome{}, nil
	case left.Repository != p.image.reference.Repository().String():
		return record.Outcome{}, nil // a job takes the artifacts of all jobs before it
	}
	return left, nil
}

// released decides by a release and the last poke of the dependents.
func (p *poker) released(r record.Releases, moved record.Tag, told record.Poked) reason {
	about := record.Poked{Origin: p.origin, Digest: r.Digest, Wave: r.Wave, Path: r.Path}
	switch {
	case told.IsAfter(p.origin):
		return p.tooLate(told)
	case told.Digest == about.Digest && told.Wave == about.Wave:
		return p.again(told)
	}
	return reason{yes: fmt.Sprintf("the release let %s name %s", moved.Reference, r.Digest), about: about}
}

// built decides by the pipeline that built the image and the last poke of the dependents.
func (p *poker) built(found oci.Found, told record.Poked) reason {
	switch {
	case told.IsAfter(p.origin):
		return p.tooLate(told)
	case told.Digest == found.Digest && !told.IsZero():
		return p.again(told)
	}
	about := record.Poked{Origin: p.origin, Digest: found.Digest, Wave: p.from.Wave, Path: p.from.Path}
	here := p.labelled(found)
	if here.yes == "" && p.isForgotten(found, told) {
		pipeline := found.Labels[schema.LabelPipelineID]
		here = reason{yes: fmt.Sprintf("pipeline %s built %s, and told nobody", pipeline, found.Reference)}
		about.Wave, about.Path = provenance.Self(found).Wave, wave.Path{}
	}
	here.about = about
	return here
}

// isForgotten reports whether an earlier pipeline built the image after the last poke.
func (p *poker) isForgotten(found oci.Found, told record.Poked) bool {
	built, err := strconv.ParseUint(found.Labels[schema.LabelPipelineID], 10, 63)
	isOurs := strings.EqualFold(found.Labels[schema.LabelProject], p.Getenv("CI_PROJECT_PATH"))
	return err == nil && isOurs && !told.IsZero() && built > told.Pipeline && built < p.origin.Pipeline
}

// tooLate is the reason if a newer pipeline poked dependents about a newer image.
func (p *poker) tooLate(told record.Poked) reason {
	return reason{no: fmt.Sprintf("pipeline %d, which is newer, told them of %s; if that is wrong, delete the tag %s", told.Pipeline, told.Digest, p.line.Poked(p.image.reference.Repository()))}
}

// again is the reason if dependents were poked about this image before: those that were not reached are poked in the same wave.
func (p *poker) again(told record.Poked) reason {
	all := p.dependents
	p.dependents = only(all, told.Remaining(p.origin))
	if len(p.dependents) == 0 {
		p.dependents = all
		return reason{no: fmt.Sprintf("pipeline %d told them of %s, in wave %s", told.Pipeline, told.Digest, told.Wave)}
	}
	about := record.Poked{Origin: p.origin, Digest: told.Digest, Wave: told.Wave, Path: told.Path}
	return reason{yes: fmt.Sprintf("%d of %d dependents were not reached before", len(p.dependents), len(all)), about: about}
}

// labelled decides by the labels of ci-templates.
func (p *poker) labelled(found oci.Found) reason {
	built, here := found.Labels[schema.LabelPipelineID], p.Getenv("CI_PIPELINE_ID")
	project := found.Labels[schema.LabelProject]
	image := found.Reference.String()
	_, notNumber := strconv.ParseUint(built, 10, 63)
	switch {
	case built == "":
		return reason{no: fmt.Sprintf("%s has no label %s, so nobody knows which pipeline built it", image, schema.LabelPipelineID)}
	case notNumber != nil:
		return reason{no: fmt.Sprintf("the label %s of %s is %q, which is no pipeline's number", schema.LabelPipelineID, image, built)}
	case project != "" && !strings.EqualFold(project, p.Getenv("CI_PROJECT_PATH")):
		return reason{no: fmt.Sprintf("%s was built in another project, %q", image, project)}
	case built != here:
		return reason{no: fmt.Sprintf("%s was built by pipeline %s and not by this one, %s", image, built, here)}
	default:
		return reason{yes: "this pipeline built " + image}
	}
}
