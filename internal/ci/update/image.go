package update

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// check checks all places of an image. A place with the same digest as another costs one request.
func (u *updates) check(ctx context.Context, t target) Image {
	out := Image{Image: t.Image, Verdict: Current, Found: []Update{}}
	for _, place := range t.places {
		manifest, err := u.Registry.Manifest(ctx, place.reference, place.credentials)
		switch {
		case oci.IsNotFound(err):
			out.add(Update{Check: checkMissing, Place: place.reference.String()})
			continue
		case err != nil:
			out.fail(err)
			continue
		}
		if slices.ContainsFunc(out.seen, func(m oci.Manifest) bool { return m.Digest == manifest.Digest }) {
			continue
		}
		if manifest, err = u.Registry.Open(manifest, t.Platform); err != nil {
			out.fail(err)
			continue
		}
		out.seen = append(out.seen, manifest)
		u.compare(ctx, t, manifest, &out)
	}
	out.compareDefinitions()
	return out
}

// compareDefinitions compares the images of all places: the newest was made of the newest definition.
func (i *Image) compareDefinitions() {
	if len(i.seen) == 0 {
		return
	}
	newest := slices.MaxFunc(i.seen, func(a, b oci.Manifest) int { return provenance.Created(a.Labels).Compare(provenance.Created(b.Labels)) })
	made := newest.Labels[schema.LabelInputs]
	for _, manifest := range i.seen {
		if was := manifest.Labels[schema.LabelInputs]; was != "" && made != "" && was != made {
			i.add(Update{Check: checkDefinition, Place: manifest.Reference.String(), Name: newest.Reference.String(), Old: was, New: made})
		}
	}
}

// compare compares an image with the current images of its parents in the registries.
func (u *updates) compare(ctx context.Context, t target, image oci.Manifest, out *Image) {
	place := image.Reference.String()
	recorded := recordedBases(image.Labels)
	for _, was := range recorded {
		now, err := u.present(ctx, was.Reference)
		if err != nil {
			out.fail(fmt.Errorf("what it is built on: %w", err))
			continue
		}
		if now.Digest.String() != was.Digest && !u.isPart(now, was, t.Platform) {
			out.add(Update{Check: checkBase, Place: place, Name: was.Reference, Old: was.Digest, New: now.Digest.String()})
		}
	}
	u.compareLayers(ctx, t, image, out)
}

// recordedBases are the parents in the labels of an image, or else its base.
func recordedBases(labels map[string]string) []provenance.Parent {
	if recorded := provenance.Parents(labels); len(recorded) > 0 {
		return recorded
	}
	if name, digest := labels[schema.LabelBaseName], labels[schema.LabelBaseDigest]; name != "" && digest != "" {
		return []provenance.Parent{{Reference: name, Digest: digest}}
	}
	return nil
}

// isPart reports whether an image of the same project was built on one platform of the current index.
func (u *updates) isPart(now oci.Manifest, was provenance.Parent, platform string) bool {
	if was.Name == "" || !now.IsIndex() {
		return false
	}
	opened, err := u.Registry.Open(now, platform)
	if err != nil {
		return false
	}
	for _, digest := range opened.Platforms {
		if digest.String() == was.Digest {
			return true
		}
	}
	return false
}

// compareLayers compares the first layers with those of the base: the labels may be wrong or missing. It opens a base for several platforms
// only if the labels do not name the base's digest.
func (u *updates) compareLayers(ctx context.Context, t target, image oci.Manifest, out *Image) {
	name := image.Labels[schema.LabelBaseName]
	if name == "" && t.Base != "" {
		name = t.base.String()
	}
	if name == "" || out.isStale() {
		return
	}
	now, err := u.present(ctx, name)
	if err == nil && now.IsIndex() {
		if image.Labels[schema.LabelBaseDigest] != "" {
			return
		}
		now, err = u.Registry.Open(now, t.Platform)
	}
	switch {
	case err != nil:
		out.fail(fmt.Errorf("what it is built on: %w", err))
	case !image.BeginsWith(now):
		out.add(Update{Check: checkLayers, Place: image.Reference.String(), Name: name, New: now.Digest.String()})
	}
}

// wave finds out whether a poke is going to rebuild a stale image. Only images in GitLab's registry can be part of a wave.
func (u *updates) wave(ctx context.Context, image *Image) {
	if !slices.ContainsFunc(image.Found, func(found Update) bool { return found.Check == checkBase && u.isOwn(found.Name) }) {
		return
	}
	fleet := provenance.NewFleet(u.Registry)
	for _, manifest := range image.seen {
		decision, id, err := wave.Poll(ctx, fleet, fleet.Whole(ctx, manifest.Found), u.Now())
		switch {
		case err != nil:
			image.fail(err)
		case decision.Action == wave.Leave:
			image.Verdict, image.Note = Waits, decision.Reason
			return
		default:
			image.Wave = id.String()
		}
	}
}

func (u *updates) isOwn(reference string) bool {
	registry := u.Getenv("CI_REGISTRY")
	return registry != "" && strings.HasPrefix(reference, registry+"/")
}
