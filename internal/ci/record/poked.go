package record

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Poked is the record of the last poke about an image. The zero Poked is that of an image without any.
type Poked struct {
	// Origin is the pipeline that poked.
	Origin
	// Digest is the image. Wave and Path are those of the poke.
	Digest oci.Digest `json:"digest"`
	Wave   wave.ID    `json:"wave"`
	Path   wave.Path  `json:"path,omitzero"`
	// Left are dependents that could not be told; the next pipeline tells them.
	Left []string `json:"left,omitempty"`
	// Failed are dependents that were told, and made the job fail afterwards; a retry of the job tells them again.
	Failed []string `json:"failed,omitempty"`
}

// IsZero reports whether nobody was told.
func (p Poked) IsZero() bool { return p.Digest.IsZero() }

// IsAfter reports whether a newer pipeline than that of the origin told dependents.
func (p Poked) IsAfter(o Origin) bool { return p.Server == o.Server && p.Pipeline > o.Pipeline }

// Remaining are the dependents that a pipeline still has to tell about the same image.
func (p Poked) Remaining(o Origin) []string {
	remaining := slices.Clone(p.Left)
	if p.Origin == o {
		remaining = append(remaining, p.Failed...)
	}
	return remaining
}
