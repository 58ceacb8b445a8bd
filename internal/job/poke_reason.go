package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// reason says why dependents are poked, or why they are not.
type reason struct{ yes, no string }

// reason finds out whether this pipeline changed what others build on: its release moved a tag, which the release job wrote
// down, or it built the image, which the image says of itself. After a merge the image often exists already, and then only
// the first is so.
func (p *poker) reason(ctx context.Context) (reason, error) {
	if len(p.dependents) == 0 {
		return reason{no: "no project depends on " + p.name.String()}, nil
	}
	moves, err := p.moves()
	if err != nil {
		return reason{}, err
	}
	if digest := p.image.reference.Digest(); !digest.IsZero() {
		if r, ok := released(moves, digest); ok {
			return r, nil
		}
	}
	found, err := p.Registry.Look(ctx, p.image.reference, "")
	switch {
	case oci.IsNotFound(err):
		return reason{}, fmt.Errorf("%w; it was deleted, or its build job did not run: nobody is poked", err)
	case err != nil:
		return reason{}, fmt.Errorf("%w; it is not known whether this pipeline built it: nobody is poked", err)
	}
	if r, ok := released(moves, found.Digest); ok {
		return r, nil
	}
	return p.labelled(found), nil
}

// released judges by the tags that moved. Those of other images may stand among them, where a job takes the artifacts of
// all jobs before it.
func released(moves []Move, digest oci.Digest) (reason, bool) {
	for _, move := range moves {
		if move.After == digest.String() {
			return reason{yes: fmt.Sprintf("the release let %s name %s", move.Reference, move.After)}, true
		}
	}
	return reason{}, false
}

// moves are the tags that the release job of this pipeline moved; none without one.
func (p *poker) moves() ([]Move, error) {
	record, err := ReadReleaseRecord(p.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case record.Pipeline == "":
		p.logf("Ignore %s: it does not say which pipeline wrote it.", schema.ReleaseFile)
		return nil, nil
	case record.Pipeline != p.Getenv("CI_PIPELINE_ID"):
		p.logf("Ignore %s: pipeline %s wrote it, and this is pipeline %s.", schema.ReleaseFile, record.Pipeline, p.Getenv("CI_PIPELINE_ID"))
		return nil, nil
	}
	return record.Moves, nil
}

// labelled judges by the labels of ci-templates.
func (p *poker) labelled(found oci.Found) reason {
	built, here := found.Labels[schema.LabelPipelineID], p.Getenv("CI_PIPELINE_ID")
	project := found.Labels[schema.LabelProject]
	image := found.Reference.String()
	switch {
	case built == "":
		return reason{no: fmt.Sprintf("%s has no label %s, so nobody knows which pipeline built it", image, schema.LabelPipelineID)}
	case !isNumber(built):
		return reason{no: fmt.Sprintf("the label %s of %s is %q, which is no pipeline's number", schema.LabelPipelineID, image, built)}
	case project != "" && !strings.EqualFold(project, p.Getenv("CI_PROJECT_PATH")):
		return reason{no: fmt.Sprintf("%s was built in another project, %q", image, project)}
	case built != here:
		return reason{no: fmt.Sprintf("%s was built by pipeline %s and not by this one, %s", image, built, here)}
	default:
		return reason{yes: "this pipeline built " + image}
	}
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 63)
	return err == nil
}
