package local

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Location tells where an image is.
type Location struct {
	// Published is the image in its registry, and Local the one on this machine; either may be zero.
	Published, Local oci.Digest
	// Err tells why the registry gave no answer. The image may exist there all the same.
	Err error
}

// digest is the image that others get: the one in the registry, or else this machine's.
func (s Location) digest() oci.Digest {
	if s.Published.IsZero() {
		return s.Local
	}
	return s.Published
}

// lookupsAtOnce limits how many images are looked up at a time.
const lookupsAtOnce = 32

// locate looks up every wanted image in its registry, over shared connections, and on this machine.
func locate(ctx context.Context, registry *oci.Client, here *store.Store, p Project, wanted []bool) []Location {
	locations := make([]Location, len(p.Images))
	var asked []int
	for i, isWanted := range wanted {
		if isWanted {
			asked = append(asked, i)
		}
	}
	parallel.Each(len(asked), lookupsAtOnce, func(n int) {
		i := asked[n]
		locations[i] = locateOne(ctx, registry, here, p.Images[i].Reference, p.IsPublished)
	})
	return locations
}

func locateOne(ctx context.Context, registry *oci.Client, here *store.Store, ref oci.Reference, isPublished bool) (s Location) {
	if isPublished {
		if s.Published, s.Err = registry.Resolve(ctx, ref); oci.IsNotFound(s.Err) {
			s.Err = nil
		}
	}
	if s.Err == nil {
		s.Local, s.Err = here.Resolve(ref)
	}
	return s
}
