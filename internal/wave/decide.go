package wave

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Image is what a registry has under a reference, and what its labels say of it.
type Image struct {
	Digest string
	// Name is zero for an image that says nothing of itself; Project is its project's path.
	Name    Name
	Project string
	// Wave is the one in which it was built.
	Wave ID
	// Parents are what it was built on.
	Parents []Parent
	// Dependents are the projects that are poked when it was rebuilt.
	Dependents []string
}

// Parent is an image that another was built on.
type Parent struct {
	// Reference is where it was found.
	Reference string
	// Digest is the one that was built on.
	Digest string
	// Sibling says that it is an image of the same project, which rebuilds both in one pipeline.
	Sibling bool
}

// Fleet is the images as the registries have them now.
type Fleet interface {
	// Digest returns the digest that a reference has.
	Digest(ctx context.Context, reference string) (string, error)
	// Image returns the image and what it says of itself.
	Image(ctx context.Context, reference string) (Image, error)
}

// Action is what a poked build does.
type Action string

const (
	// Keep leaves the image as it is: nothing that it is built on moved in the wave.
	Keep Action = "keep"
	// Leave leaves the build to the poke of a parent that the wave has yet to rebuild.
	Leave Action = "leave"
	// Build builds the image now.
	Build Action = "build"
	// Stop does nothing, because the wave came back to the image.
	Stop Action = "stop"
)

// Decision is an action and why.
type Decision struct {
	Action Action
	// Reason is for people.
	Reason string
	// Moved are the parents that moved, if any.
	Moved []Move
	// Await is the image that Leave waits for.
	Await Name
}

// Move is a parent that has another digest than the one that was built on.
type Move struct {
	Reference, Before, After string
	// Name is zero where the parent says nothing of itself.
	Name Name
}

// String says it for people.
func (m Move) String() string {
	name := m.Reference
	if !m.Name.IsZero() {
		name = m.Name.text
	}
	return fmt.Sprintf("parent %s moved from %s to %s", name, Short(m.Before), Short(m.After))
}

// Short is the beginning of a digest, for people.
func Short(digest string) string {
	const most = len("sha256:") + 12
	if len(digest) <= most {
		return digest
	}
	return digest[:most] + "…"
}

// Decide decides for an image that exists and that a poke is about. It asks for the digest of each parent, and for more only
// where one moved. The error says that a parent could not be asked for.
//
// Of the images between the one where the wave began and this one, some may be on their way still. Where such a one would poke
// this image again, the build is left to it, so that the bottom of a diamond is built once. What cannot be read is taken for
// something that never pokes: better twice than not at all.
func Decide(ctx context.Context, fleet Fleet, poke Poke, self Image) (Decision, error) {
	d := Decision{Action: Keep, Reason: "nothing that it is built on moved in the wave"}
	w := walk{fleet: fleet, poke: poke, self: self.Name, known: map[string]bool{}}
	inWave := len(self.Parents) == 0
	for _, parent := range self.Parents {
		digest, err := fleet.Digest(ctx, parent.Reference)
		if err != nil {
			return Decision{}, err
		}
		if digest == parent.Digest {
			continue
		}
		image, err := fleet.Image(ctx, parent.Reference)
		inWave = inWave || err != nil || poke.reached(image)
		d.Moved = append(d.Moved, Move{Reference: parent.Reference, Before: parent.Digest, After: digest, Name: image.Name})
	}
	switch {
	case !inWave:
		return d, nil
	case poke.Path.Has(self.Name):
		_, err := poke.Path.Visit(self.Name)
		d.Action, d.Reason = Stop, err.Error()
		return d, nil
	}
	if late, ok := w.pending(ctx, self, 0); ok {
		d.Action, d.Await = Leave, late
		d.Reason = fmt.Sprintf("%s is built on something that moved in the wave too, and pokes when it is rebuilt", late)
		return d, nil
	}
	d.Action, d.Reason = Build, reason(d.Moved, poke)
	return d, nil
}

func reason(moved []Move, poke Poke) string {
	texts := make([]string, len(moved))
	for i, move := range moved {
		texts[i] = move.String()
	}
	text := strings.Join(texts, ", ")
	if len(moved) == 0 {
		text = "it does not say what it was built on"
	}
	if !poke.Wave.IsZero() {
		text += " in wave " + poke.Wave.text
	}
	return text + ", poked by " + poke.By.text
}

// maxLooks is how many images a decision looks at; those beyond are as ones that cannot be read.
const maxLooks = 500

// walk looks upwards for images that the wave has yet to rebuild.
type walk struct {
	fleet Fleet
	poke  Poke
	// self is the image that the decision is about; it never waits for itself.
	self Name
	// known says of references whether the image is yet to be rebuilt.
	known map[string]bool
	looks int
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
		if ok && above.Digest != parent.Digest && w.poke.reached(above) && pokes(above, image, parent) {
			w.known[reference] = true
			return true
		}
	}
	_, pending := w.pending(ctx, image, depth+1)
	w.known[reference] = pending
	return pending
}

func (w *walk) look(ctx context.Context, reference string, depth int) (Image, bool) {
	if depth > MaxDepth || w.looks >= maxLooks {
		return Image{}, false
	}
	w.looks++
	image, err := w.fleet.Image(ctx, reference)
	return image, err == nil && !image.Name.IsZero() && image.Name != w.self
}

// pokes reports whether an image's rebuild leads to one of another that is built on it.
func pokes(image, child Image, edge Parent) bool {
	return edge.Sibling || slices.ContainsFunc(image.Dependents, func(project string) bool { return strings.EqualFold(project, child.Project) })
}
