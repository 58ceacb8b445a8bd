package local

import (
	"context"

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
func (l Location) digest() oci.Digest {
	if l.Published.IsZero() {
		return l.Local
	}
	return l.Published
}

// state is the state of an image that exists.
func (l Location) state() State {
	if l.Published.IsZero() {
		return IsHere
	}
	return IsPublished
}

// lookupsAtOnce limits how many images are looked up at a time.
const lookupsAtOnce = 32

// locate looks up every wanted image in its registry, over shared connections, and on this machine.
func (s Session) locate(ctx context.Context, wanted []bool) ([]Location, error) {
	registry, err := oci.NewClient(s.Registry)
	if err != nil {
		return nil, err
	}
	locations := make([]Location, len(s.Project.Images))
	parallel.Each(len(locations), lookupsAtOnce, func(i int) {
		if wanted[i] {
			locations[i] = s.locateOne(ctx, registry, s.Project.Images[i].Reference)
		}
	})
	return locations, nil
}

func (s Session) locateOne(ctx context.Context, registry *oci.Client, ref oci.Reference) (l Location) {
	if s.Project.IsPublished {
		if l.Published, l.Err = registry.Resolve(ctx, ref); oci.IsNotFound(l.Err) {
			l.Err = nil
		}
	}
	if l.Err == nil {
		l.Local, l.Err = s.Store.Resolve(ref)
	}
	return l
}
