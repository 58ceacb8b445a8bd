package wave

import (
	"context"
	"slices"
	"strings"
	"time"
)

// maxLooks is for how many images a decision finds out whether they wait; those beyond are as ones that cannot be read.
const maxLooks = 2000

// walk looks upwards for images that the wave has yet to rebuild.
type walk struct {
	fleet Fleet
	poke  Poke
	// self is the image that the decision is about; it never waits for itself.
	self Name
	now  time.Time
	// known says of references whether the image is yet to be rebuilt.
	known map[string]bool
}

// pending returns a parent that the wave has yet to rebuild, and that pokes this image then.
func (w *walk) pending(ctx context.Context, child Image, depth int) (Name, bool) {
	for _, parent := range child.Parents {
		image, ok := w.look(ctx, parent.Reference, depth)
		if ok && !w.poke.reached(image) && pokes(image, child, parent) && w.isPending(ctx, image, parent.Reference, depth) {
			return image.Name, true
		}
	}
	return Name{}, false
}

// isPending reports whether the wave has yet to rebuild an image: one of its parents was rebuilt, or is yet to be.
func (w *walk) isPending(ctx context.Context, image Image, reference string, depth int) bool {
	if pending, ok := w.known[reference]; ok {
		return pending
	}
	w.known[reference] = false // until it is known; a cycle ends here
	for _, parent := range image.Parents {
		above, ok := w.look(ctx, parent.Reference, depth+1)
		if ok && above.Digest != parent.Digest && w.poke.reached(above) && pokes(above, image, parent) && w.isRecent(above) {
			w.known[reference] = true
			return true
		}
	}
	_, pending := w.pending(ctx, image, depth+1)
	w.known[reference] = pending
	return pending
}

// isRecent reports whether an image was built so short a while ago that those who follow may be on their way. One from the future
// was not: nobody knows when its time is over.
func (w *walk) isRecent(image Image) bool {
	const skew = time.Hour
	age := w.now.Sub(image.Created)
	return -skew < age && age < Patience
}

func (w *walk) look(ctx context.Context, reference string, depth int) (Image, bool) {
	if depth > MaxDepth || len(w.known) >= maxLooks {
		return Image{}, false
	}
	image, err := w.fleet.Image(ctx, reference)
	return image, err == nil && !image.Name.IsZero() && image.Name != w.self
}

// pokes reports whether an image's rebuild leads to one of another that is built on it.
func pokes(image, child Image, edge Parent) bool {
	return edge.Sibling || slices.ContainsFunc(image.Dependents, func(project string) bool { return strings.EqualFold(project, child.Project) })
}
