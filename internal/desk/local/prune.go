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
	// Chosen are the numbers of the images whose old builds go, sorted.
	Chosen []int
	// Gone says that images which the project does not have any more go too: those whose names begin with the prefix, a
	// repository's path.
	Gone   bool
	Prefix string
	DryRun bool
}

// Removed is an image that was removed from this machine, or would be.
type Removed struct {
	Reference string `json:"reference"`
	// Error says why it stays; it is empty otherwise.
	Error string `json:"error,omitempty"`
}

// unused is how long nobody must have used what no image needs any more: another run may be about to name it.
const unused = time.Hour

// Prune removes images from this machine that have another tag than the project gives them now, children before their parents, and
// returns them with the bytes that this frees. An image that cannot be removed stays, and the others go all the same.
func (y Yard) Prune(ctx context.Context, request Cleaning) (removed []Removed, freed int64, err error) {
	references, err := y.old(request)
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
		if removed, err = y.remove(ctx, references); err != nil {
			return nil, 0, err
		}
	}
	freed, err = y.Store.Sweep(y.Now().Add(-unused))
	return removed, freed, err
}

// old are the references of images that are to go, in the order in which they go.
func (y Yard) old(request Cleaning) ([]oci.Reference, error) {
	current := map[string]bool{}
	for _, image := range y.Project.Images {
		current[image.Reference.Repository().String()] = true
	}
	var old []oci.Reference
	if request.Gone {
		repositories, err := y.Store.Repositories()
		if err != nil {
			return nil, err
		}
		for _, repository := range repositories {
			if strings.HasPrefix(repository.String(), request.Prefix+"/") && !current[repository.String()] {
				if old, err = y.oldOf(old, repository, ""); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, i := range slices.Backward(request.Chosen) {
		ref := y.Project.Images[i].Reference
		var err error
		if old, err = y.oldOf(old, ref.Repository(), ref.Tag()); err != nil {
			return nil, err
		}
	}
	return old, nil
}

// oldOf adds the tags of a repository but the current one, which may be empty, and the records that belong to it.
func (y Yard) oldOf(old []oci.Reference, repository oci.Repository, current string) ([]oci.Reference, error) {
	tags, err := y.Store.Tags(repository)
	for _, tag := range tags {
		if tag != current && !isRecordOf(tag, current) {
			old = append(old, repository.Tag(tag))
		}
	}
	return old, err
}

// isRecordOf reports whether a tag is a record about the tests of the current image. Records of tests that passed are named after digests, and
// those of older images are too small to matter.
func isRecordOf(tag, current string) bool {
	return current != "" && (strings.HasPrefix(tag, schema.PrefixTested) || strings.HasPrefix(tag, schema.PrefixUntested+current))
}

// remove takes images out of the machine's storage, where their names may be gone already, and then out of the store.
func (y Yard) remove(ctx context.Context, references []oci.Reference) ([]Removed, error) {
	registry, err := oci.NewClient(y.Registry)
	if err != nil {
		return nil, err
	}
	builder, err := y.Builder(ctx, registry, "")
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
			err = y.Store.Untag(ref)
		}
		if err != nil {
			removed[i].Error = err.Error()
		}
	}
	return removed, nil
}
