package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Cleaning says which images to remove from this machine.
type Cleaning struct {
	// Chosen has the numbers of the images whose old builds are removed, sorted.
	Chosen []int
	// Gone removes images too that the project no longer has: those in repositories below Prefix.
	Gone   bool
	Prefix string
	DryRun bool
}

// Removed is an image that was removed from this machine, or would be.
type Removed struct {
	Reference string `json:"reference"`
	// Error tells why it could not be removed; otherwise it is empty.
	Error string `json:"error,omitempty"`
}

// unused is how long an unneeded file must have been unused before it is removed: another run may be about to use it.
const unused = time.Hour

// Prune removes images from this machine whose tags are not the current ones, children before their parents. It returns the images and
// the number of bytes that were freed. If an image cannot be removed, the others are removed all the same.
func (s Session) Prune(ctx context.Context, request Cleaning) (removed []Removed, freed int64, err error) {
	references, err := s.old(request)
	if err != nil || len(references) == 0 && request.DryRun {
		return nil, 0, err
	}
	if request.DryRun {
		for _, ref := range references {
			removed = append(removed, Removed{Reference: ref.String()})
		}
		return removed, 0, nil
	}
	if len(references) > 0 {
		if removed, err = s.remove(ctx, references); err != nil {
			return nil, 0, err
		}
	}
	freed, err = s.Store.Sweep(s.Now().Add(-unused))
	return removed, freed, err
}

// old returns the images to remove, in the order of their removal.
func (s Session) old(request Cleaning) ([]oci.Reference, error) {
	current := map[string]bool{}
	for _, image := range s.Project.Images {
		current[image.Reference.Repository().String()] = true
	}
	var old []oci.Reference
	if request.Gone {
		repositories, err := s.Store.Repositories()
		if err != nil {
			return nil, err
		}
		for _, repository := range repositories {
			if strings.HasPrefix(repository.String(), request.Prefix+"/") && !current[repository.String()] {
				if old, err = s.oldOf(old, repository, schema.Tag{}); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, i := range slices.Backward(request.Chosen) {
		ref := s.Project.Images[i].Reference
		var err error
		if old, err = s.oldOf(old, ref.Repository(), ref.Tag()); err != nil {
			return nil, err
		}
	}
	return old, nil
}

// oldOf adds the tags of a repository, except the current one (which may be empty) and its records.
func (s Session) oldOf(old []oci.Reference, repository oci.Repository, current schema.Tag) ([]oci.Reference, error) {
	tags, err := s.Store.Tags(repository)
	for _, tag := range tags {
		if tag != current && !isRecordOf(tag, current) {
			old = append(old, repository.Tag(tag))
		}
	}
	return old, err
}

// isRecordOf reports whether a tag is a record about the tests of the current image. Records of tests that passed are named after digests, and
// those of older images are too small to matter.
func isRecordOf(tag, current schema.Tag) bool {
	return !current.IsZero() && (strings.HasPrefix(tag.String(), schema.PrefixTested) || strings.HasPrefix(tag.String(), schema.PrefixUntested+current.String()))
}

// remove removes images from the machine's storage, if they are still there, and then from the store.
func (s Session) remove(ctx context.Context, references []oci.Reference) ([]Removed, error) {
	registry, err := oci.NewClient(s.Registry)
	if err != nil {
		return nil, err
	}
	builder, err := s.Builder(ctx, registry, "")
	if err != nil {
		return nil, err
	}
	names, err := builder.Names(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("list the images on this machine: %w", err)
	}
	removed := make([]Removed, len(references))
	for i, ref := range references {
		removed[i].Reference = ref.String()
		err := ctx.Err()
		if err == nil && slices.Contains(names, ref.String()) {
			err = builder.Forget(ctx, ref.String())
		}
		if err == nil {
			err = s.Store.Untag(ref)
		}
		if err != nil {
			removed[i].Error = err.Error()
		}
	}
	return removed, nil
}
