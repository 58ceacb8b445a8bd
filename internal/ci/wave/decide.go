package wave

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Image is what a registry has under a reference, and what its labels say of it.
type Image struct {
	Digest string
	// Name is zero for an image that says nothing of itself; Project is its project's path.
	Name    Name
	Project string
	// Wave is the one in which it was built.
	Wave ID
	// Created is when it was built; zero for an image that does not say it, and that nobody waits for.
	Created time.Time
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

// Patience is how long others wait for an image after a parent of it moved. An image whose build fails for longer, or that nobody requests,
// delays no other.
const Patience = 3 * 24 * time.Hour

// Decide decides for an image that exists and that a poke is about. It asks for the digest of each parent, and for more only
// where one moved. The error says that a parent could not be asked for.
//
// Of the images between the one where the wave began and this one, some may be on their way still. Where such a one would poke this image
// again, the build is left to it, so that the bottom of a diamond is built once. An image that cannot be read counts as one that never pokes:
// it is better to build twice than not at all.
func Decide(ctx context.Context, fleet Fleet, poke Poke, self Image, now time.Time) (Decision, error) {
	d := Decision{Action: Keep, Reason: "nothing that it is built on moved in the wave"}
	moved, images, err := look(ctx, fleet, self)
	if err != nil {
		return Decision{}, err
	}
	d.Moved = moved
	inWave := len(self.Parents) == 0 || slices.ContainsFunc(images, func(image Image) bool { return image.Digest == "" || poke.reached(image) })
	switch {
	case !inWave:
		return d, nil
	case poke.Path.Has(self.Name):
		_, err := poke.Path.Visit(self.Name)
		d.Action, d.Reason = Stop, err.Error()
		return d, nil
	}
	w := walk{fleet: fleet, poke: poke, self: self.Name, now: now, known: map[string]bool{}}
	if late, ok := w.pending(ctx, self, 0); ok {
		return d.leave(late), nil
	}
	d.Action, d.Reason = Build, reason(moved, poke.Wave)+", poked by "+poke.By.text
	return d, nil
}

// Poll decides for an image that nobody poked but whose project looks at it from time to time: it is as if every parent that moved had just
// poked. A build goes on with the wave that moved the parents, if there is one, so that the projects below wait for each other as they would
// have the first time.
func Poll(ctx context.Context, fleet Fleet, self Image, now time.Time) (Decision, ID, error) {
	moved, images, err := look(ctx, fleet, self)
	if err != nil || len(moved) == 0 {
		return Decision{Action: Keep, Reason: "nothing that it is built on moved"}, ID{}, err
	}
	d := Decision{Moved: moved}
	var id ID
	for _, image := range images {
		poke := Poke{By: image.Name, Wave: image.Wave}
		w := walk{fleet: fleet, poke: poke, self: self.Name, now: now, known: map[string]bool{}}
		if late, ok := w.pending(ctx, self, 0); ok {
			return d.leave(late), ID{}, nil
		}
		if id.IsZero() {
			id = image.Wave
		}
	}
	d.Action, d.Reason = Build, reason(moved, id)+", found by the update check"
	return d, id, nil
}

func (d Decision) leave(late Name) Decision {
	d.Action, d.Await = Leave, late
	d.Reason = fmt.Sprintf("%s is built on something that moved too, and pokes when it is rebuilt", late)
	return d
}

// look returns the parents that moved, and what they say of themselves; an Image without a digest cannot be read.
func look(ctx context.Context, fleet Fleet, self Image) ([]Move, []Image, error) {
	moved, err := Moved(ctx, fleet, self)
	images := make([]Image, len(moved))
	for i, move := range moved {
		image, err := fleet.Image(ctx, move.Reference)
		if err == nil {
			images[i], moved[i].Name = image, image.Name
		}
	}
	return moved, images, err
}

// Moved returns the parents that have another digest now than the one that was built on, with one question for each parent.
// The error says that one could not be asked for.
func Moved(ctx context.Context, fleet Fleet, self Image) ([]Move, error) {
	var moved []Move
	for _, parent := range self.Parents {
		digest, err := fleet.Digest(ctx, parent.Reference)
		if err != nil {
			return nil, err
		}
		if digest != parent.Digest {
			moved = append(moved, Move{Reference: parent.Reference, Before: parent.Digest, After: digest})
		}
	}
	return moved, nil
}

func reason(moved []Move, id ID) string {
	texts := make([]string, len(moved))
	for i, move := range moved {
		texts[i] = move.String()
	}
	text := strings.Join(texts, ", ")
	if len(moved) == 0 {
		text = "it does not say what it was built on"
	}
	if !id.IsZero() {
		text += " in wave " + id.text
	}
	return text
}
