// Package record keeps the records of an image's releases and pokes beside the image in its repository, and decides which of two releases is
// newer.
package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Origin is who releases: a pipeline, or a person on their own machine, who has no pipeline.
type Origin struct {
	// Server is the address of the GitLab: ids of pipelines are compared within one GitLab only.
	Server string `json:"server,omitempty"`
	// Pipeline is the id of the pipeline; zero for a person.
	Pipeline uint64 `json:"pipeline,omitempty"`
}

// IsPerson reports whether a person releases, outside of any pipeline.
func (o Origin) IsPerson() bool { return o.Pipeline == 0 }

// Releases is the record of an image's releases. The zero Releases is that of an image without any.
type Releases struct {
	// Origin is the newest pipeline whose release job looked at the image.
	Origin
	// IsByPerson says that a person released after that pipeline.
	IsByPerson bool `json:"byPerson,omitempty"`
	// Digest is the image that was released, and Inputs the hash of its inputs.
	Digest oci.Digest `json:"digest"`
	Inputs string     `json:"inputs,omitempty"`
	// Wave and Path are what dependents are told about the release.
	Wave wave.ID   `json:"wave,omitzero"`
	Path wave.Path `json:"path,omitzero"`
	// Tags are all tags that the release sets.
	Tags []Tag `json:"tags,omitempty"`
	// IsDone says that all of them were set.
	IsDone bool `json:"done"`
	// At is when the release began.
	At time.Time `json:"at,omitzero"`
	// Hold is nil unless a rollback keeps the image where it is.
	Hold *Hold `json:"hold,omitempty"`
	// Earlier are the releases before this one, the newest first.
	Earlier []Earlier `json:"earlier,omitempty"`
}

// Tag is a tag that a release sets.
type Tag struct {
	Reference oci.Reference `json:"reference"`
	// Before is its previous image; the zero digest for a new tag, and the released digest for a tag that did not move.
	Before oci.Digest `json:"before,omitzero"`
}

// Hold keeps the image where a rollback put it.
type Hold struct {
	// Inputs are those of the image that is held back. A release of other inputs ends the hold.
	Inputs string `json:"inputs,omitempty"`
	// Reason and By are for people.
	Reason string    `json:"reason"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// HoldText says where the hold keeps the image, who wanted it, since when, and why.
func (r Releases) HoldText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a rollback holds it at %s", r.Digest)
	if r.Hold.By != "" {
		fmt.Fprintf(&b, ", by %s", r.Hold.By)
	}
	if !r.Hold.At.IsZero() {
		fmt.Fprintf(&b, ", since %s", r.Hold.At.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, ": %s", strings.TrimRight(r.Hold.Reason, "."))
	return b.String()
}

// Earlier is a release before the one of the record.
type Earlier struct {
	Digest oci.Digest `json:"digest"`
	// Pipeline is the last one that released it; zero for a release by a person, or where it is not known. At is zero where it is not known.
	Pipeline uint64    `json:"pipeline,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// maxEarlier is how many earlier releases are kept.
const maxEarlier = 10

// IsZero reports whether nothing was released yet.
func (r Releases) IsZero() bool { return r.Digest.IsZero() }

// IsAfter reports whether the record is about a newer release than one of the origin. A person's release is always the newest one.
func (r Releases) IsAfter(o Origin) bool {
	if o.IsPerson() || r.Server != o.Server {
		return false
	}
	return r.Pipeline > o.Pipeline || r.Pipeline == o.Pipeline && r.IsByPerson
}

// Holds reports whether a release of the inputs moves nothing, because of a rollback. A job without inputs cannot end the hold.
func (r Releases) Holds(inputs string) bool {
	return r.Hold != nil && (inputs == "" || inputs == r.Hold.Inputs)
}

// IsSame reports whether two records are about the same release.
func (r Releases) IsSame(other Releases) bool {
	return r.Origin == other.Origin && r.IsByPerson == other.IsByPerson && r.Digest == other.Digest && (r.Hold == nil) == (other.Hold == nil)
}

// Equal reports whether two records are written the same way.
func (r Releases) Equal(other Releases) bool {
	a, errA := json.Marshal(r)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Moved are the tags that the release moves.
func (r Releases) Moved() []Tag {
	return slices.DeleteFunc(slices.Clone(r.Tags), func(t Tag) bool { return t.Before == r.Digest })
}

// Release is a release that is about to happen.
type Release struct {
	Origin
	Digest oci.Digest
	Inputs string
	Wave   wave.ID
	Path   wave.Path
	At     time.Time
	// Tags are those to set, with their current images.
	Tags []Tag
	// Hold is that of a rollback; nil otherwise.
	Hold *Hold
}

// Next is the record of a release that follows. A release of the same image that was not completed goes on: its tags keep what they named
// before it, and its wave is the same.
func (r Releases) Next(n Release) Releases {
	next := Releases{
		Digest: n.Digest, Inputs: n.Inputs, Wave: n.Wave, Path: n.Path, At: n.At, Hold: n.Hold,
		Tags: slices.Clone(n.Tags), IsDone: !slices.ContainsFunc(n.Tags, func(t Tag) bool { return t.Before != n.Digest }), Earlier: r.earlierThan(n),
	}
	next.seenBy(r, n.Origin)
	if r.Digest != n.Digest || r.IsDone && !next.IsDone {
		return next
	}
	next.At, next.Tags = r.At, joined(r.Tags, n.Tags)
	if n.IsPerson() {
		next.IsByPerson = r.IsByPerson
	}
	next.Wave, next.Path = r.Wave, r.Path
	return next
}

// Seen is the record after a pipeline saw it and moved nothing, because of a hold. Releases of older pipelines are refused from then on.
func (r Releases) Seen(o Origin) Releases {
	if !o.IsPerson() {
		r.seenBy(r, o)
	}
	return r
}

// Resumed is the record without its hold: the newest pipeline may release again.
func (r Releases) Resumed() Releases {
	r.Hold, r.IsByPerson = nil, false
	return r
}

// Over is the record of a rollback that another release wrote over meanwhile: it is newer than that one too.
func (r Releases) Over(other Releases) Releases {
	r.seenBy(other, Origin{})
	return r
}

// seenBy sets the newest pipeline. A person has none: what came after the newest pipeline so far stays newer than it.
func (r *Releases) seenBy(before Releases, o Origin) {
	r.Origin, r.IsByPerson = o, false
	if o.IsPerson() {
		r.Origin, r.IsByPerson = before.Origin, before.Pipeline != 0
	}
}

// joined are the tags of a release that goes on: those that it began with, and new ones.
func joined(begun, now []Tag) []Tag {
	tags := slices.Clone(begun)
	for _, t := range now {
		if !slices.ContainsFunc(begun, func(b Tag) bool { return b.Reference.String() == t.Reference.String() }) {
			tags = append(tags, t)
		}
	}
	return tags
}

// earlierThan are the releases before a new one.
func (r Releases) earlierThan(n Release) []Earlier {
	earlier := r.Earlier
	switch {
	case !r.IsZero() && r.IsDone:
		last := Earlier{Digest: r.Digest, At: r.At}
		if !r.IsByPerson && r.Hold == nil {
			last.Pipeline = r.Pipeline
		}
		earlier = append([]Earlier{last}, earlier...)
	case r.IsZero():
		if i := slices.IndexFunc(n.Tags, func(t Tag) bool { return !t.Before.IsZero() }); i >= 0 {
			earlier = []Earlier{{Digest: n.Tags[i].Before}}
		}
	}
	var out []Earlier
	for _, e := range earlier {
		isKnown := slices.ContainsFunc(out, func(o Earlier) bool { return o.Digest == e.Digest })
		if !isKnown && e.Digest != n.Digest && len(out) < maxEarlier {
			out = append(out, e)
		}
	}
	return out
}
