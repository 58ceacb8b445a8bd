package local

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Sight is where an image is.
type Sight struct {
	// Published is what its registry has under its tag, and Here what this machine has; either may be zero.
	Published, Here oci.Digest
	// Err says that the registry could not be asked. That is never the same as that it has nothing.
	Err error
}

// digest is the build that others get: the one in the registry, or else this machine's.
func (s Sight) digest() oci.Digest {
	if s.Published.IsZero() {
		return s.Here
	}
	return s.Published
}

// lookupsAtOnce is how many images a registry is asked about at a time.
const lookupsAtOnce = 32

// look asks about every image that is wanted: the registry once, all of them over the same connections, and this machine.
func look(ctx context.Context, registry *oci.Client, here *store.Store, p Project, wanted []bool) []Sight {
	sights := make([]Sight, len(p.Images))
	var asked []int
	for i, isWanted := range wanted {
		if isWanted {
			asked = append(asked, i)
		}
	}
	parallel.Each(len(asked), lookupsAtOnce, func(n int) {
		i := asked[n]
		sights[i] = sightOf(ctx, registry, here, p.Images[i].Reference, p.IsPublished)
	})
	return sights
}

func sightOf(ctx context.Context, registry *oci.Client, here *store.Store, ref oci.Reference, isPublished bool) (s Sight) {
	if isPublished {
		if s.Published, s.Err = registry.Resolve(ctx, ref); oci.IsNotFound(s.Err) {
			s.Err = nil
		}
	}
	if s.Err == nil {
		s.Here, s.Err = here.Resolve(ref)
	}
	return s
}
