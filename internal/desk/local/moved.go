package local

import (
	"context"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxAsked limits how long a forecast waits for the registries of parents outside of the project.
const maxAsked = 20 * time.Second

// origins are the references of an image's parents outside of the project that have moved since it was built, and those whose registry gave
// no answer.
type origins struct{ moved, unknown []string }

// String says the same in words; it is empty if nothing moved.
func (o origins) String() string {
	var text string
	if len(o.moved) > 0 {
		text += "; " + strings.Join(o.moved, ", ") + " moved since it was built: --force builds it again"
	}
	if len(o.unknown) > 0 {
		text += "; whether " + strings.Join(o.unknown, ", ") + " moved since it was built is not known"
	}
	return text
}

// origins asks for each of these images whether its parents outside of the project have moved. An empty reference has none.
func (conn *connection) origins(ctx context.Context, images []oci.Reference) []origins {
	ctx, stop := context.WithTimeout(ctx, maxAsked)
	defer stop()
	built := make([][]provenance.Parent, len(images))
	parallel.Each(len(images), lookupsAtOnce, func(i int) {
		if !images[i].IsZero() {
			built[i] = conn.outside(ctx, images[i])
		}
	})
	var references []string
	for _, parent := range slices.Concat(built...) {
		references = append(references, parent.Reference)
	}
	slices.Sort(references)
	references = slices.Compact(references)
	now := make([]string, len(references))
	parallel.Each(len(references), lookupsAtOnce, func(i int) {
		now[i] = conn.now(ctx, references[i])
	})
	out := make([]origins, len(images))
	for i, parents := range built {
		for _, parent := range parents {
			at, _ := slices.BinarySearch(references, parent.Reference)
			switch now[at] {
			case parent.Digest:
			case "":
				out[i].unknown = append(out[i].unknown, parent.Reference)
			default:
				out[i].moved = append(out[i].moved, parent.Reference)
			}
		}
	}
	return out
}

// now returns the digest of a reference; empty if its registry gave no answer.
func (conn *connection) now(ctx context.Context, reference string) string {
	parsed, err := oci.ParseReference(reference)
	if err != nil {
		return ""
	}
	digest, err := conn.client.Resolve(ctx, parsed)
	if err != nil {
		return ""
	}
	return digest.String()
}

// outside returns the parents outside of the project, by the labels of an image; none if they cannot be read. A parent with a digest never moves.
func (conn *connection) outside(ctx context.Context, image oci.Reference) []provenance.Parent {
	found, err := conn.client.Look(ctx, image, "")
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(provenance.Parents(found.Labels), func(p provenance.Parent) bool {
		return p.Name != "" || strings.Contains(p.Reference, "@")
	})
}

// built returns where the client finds an image: in its registry, or in the store.
func (conn *connection) built(i int, l Location) oci.Reference {
	repository := conn.Project.Images[i].Reference.Repository()
	if !l.Published.IsZero() {
		return repository.At(l.Published)
	}
	return conn.stored(repository.At(l.Local))
}

// untested returns where the client finds the build of an image that has no tag, since its tests failed.
func (conn *connection) untested(ctx context.Context, i int) oci.Reference {
	image := conn.Project.Images[i]
	noted, _ := conn.client.Look(ctx, conn.stored(image.untested()), "") // without a record there are no labels
	digest, err := oci.ParseDigest(noted.Labels[schema.LabelUntested])
	if err != nil {
		return oci.Reference{}
	}
	return conn.stored(image.Reference.Repository().At(digest))
}

// stored returns the reference by which the client finds an image of the store.
func (conn *connection) stored(ref oci.Reference) oci.Reference {
	at, _ := conn.server.At(ref) // the address of the server and a repository are a repository
	return at
}
