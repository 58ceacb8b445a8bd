package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// poked decides about an existing image in a pipeline that a poke started.
func (b *builder) poked(ctx context.Context, own oci.Found) (wave.Decision, error) {
	if b.job.Poke.IsZero() || jobenv.IsOnMergeRequest(b.Getenv) || len(b.job.Parents) == 0 {
		return wave.Decision{}, nil
	}
	fleet := newFleet(b.Registry)
	return wave.Decide(ctx, fleet, b.job.Poke, fleet.whole(ctx, own), b.Now())
}

// pinned tells why a poke changes nothing if the parent is pinned to a digest; otherwise it is empty. The name of an image in a wave consists
// of its project and its name.
func (b *builder) pinned() string {
	for _, p := range b.job.Parents {
		repository := p.Reference.Repository()
		name := strings.TrimPrefix(repository.String(), repository.Registry()+"/")
		if !b.job.Poke.IsZero() && name == b.job.Poke.By.String() && !p.Reference.Digest().IsZero() {
			return fmt.Sprintf(", and its parent %s, which poked, is pinned to %s: `stemma lock --update %s` moves a pin of stemma.lock", name, wave.Short(p.Reference.Digest().String()), b.job.Name)
		}
	}
	return ""
}

// fleet gives waves access to the registries. It looks up each image once.
type fleet struct {
	registry *oci.Client
	digests  map[string]oci.Digest
	images   map[string]oci.Found
}

func newFleet(registry *oci.Client) *fleet {
	return &fleet{registry: registry, digests: map[string]oci.Digest{}, images: map[string]oci.Found{}}
}

// Digest implements wave.Fleet.
func (f *fleet) Digest(ctx context.Context, reference string) (string, error) {
	if found, ok := f.images[reference]; ok {
		return found.Digest.String(), nil
	}
	if digest, ok := f.digests[reference]; ok {
		return digest.String(), nil
	}
	parsed, err := oci.ParseReference(reference)
	if err != nil {
		return "", err
	}
	digest, err := f.registry.Resolve(ctx, parsed)
	if err == nil {
		f.digests[reference] = digest
	}
	return digest.String(), err
}

// Image implements wave.Fleet.
func (f *fleet) Image(ctx context.Context, reference string) (wave.Image, error) {
	found, err := f.look(ctx, reference)
	if err != nil {
		return wave.Image{}, err
	}
	return f.whole(ctx, found), nil
}

func (f *fleet) look(ctx context.Context, reference string) (oci.Found, error) {
	if found, ok := f.images[reference]; ok {
		return found, nil
	}
	parsed, err := oci.ParseReference(reference)
	if err != nil {
		return oci.Found{}, err
	}
	found, err := f.registry.Look(ctx, parsed, "")
	if err == nil {
		f.images[reference] = found
	}
	return found, err
}

// whole returns the facts about an image from its labels. The labels of one platform name parents of that platform. If such a parent belongs
// to the parent's current index, whole replaces it by the index.
func (f *fleet) whole(ctx context.Context, found oci.Found) wave.Image {
	image := selfOf(found)
	for i, parent := range image.Parents {
		if !parent.Sibling || found.Platforms == nil {
			continue
		}
		above, err := f.look(ctx, parent.Reference)
		if err != nil {
			continue
		}
		for _, digest := range above.Platforms {
			if digest.String() == parent.Digest {
				image.Parents[i].Digest = above.Digest.String()
			}
		}
	}
	return image
}

// selfOf reads the labels of an image. It ignores invalid labels.
func selfOf(found oci.Found) wave.Image {
	labels := found.Labels
	image := wave.Image{Digest: found.Digest.String(), Project: labels[schema.LabelProject]}
	if name, err := wave.NameOf(image.Project, labels[schema.LabelImage]); err == nil {
		image.Name = name
	}
	if id, err := wave.ParseID(labels[schema.LabelWave]); err == nil {
		image.Wave = id
	}
	if image.Wave.IsZero() {
		image.Wave = wave.Begin(labels[schema.LabelPipelineID])
	}
	image.Created = createdAt(labels)
	for _, p := range recordedParents(labels) {
		image.Parents = append(image.Parents, wave.Parent{Reference: p.Reference, Digest: p.Digest, Sibling: p.Name != ""})
	}
	if json.Unmarshal([]byte(labels[schema.LabelDependents]), &image.Dependents) != nil {
		image.Dependents = nil
	}
	return image
}

// createdAt is the time when an image with these labels was built; zero if they do not tell.
func createdAt(labels map[string]string) time.Time {
	created, _ := time.Parse(time.RFC3339, labels[schema.LabelCreated]) // which is zero after an error
	return created
}

// movedParent is one entry of schema.LabelMoved.
type movedParent struct {
	Name      string `json:"name,omitempty"`
	Reference string `json:"reference"`
	Before    string `json:"before"`
	After     string `json:"after"`
}

// moved returns the parents whose digests differ from those of the existing image.
func (b *builder) moved() []movedParent {
	recorded := recordedParents(b.previous)
	var moved []movedParent
	for _, p := range b.job.Parents {
		i := slices.IndexFunc(recorded, func(was parentLabel) bool {
			return was.Name == p.Name && (p.Name != "" || was.Reference == p.Reference.String())
		})
		if i >= 0 && recorded[i].Digest != p.Digest.String() {
			moved = append(moved, movedParent{p.Name, p.Reference.String(), recorded[i].Digest, p.Digest.String()})
		}
	}
	return moved
}

// whyOf is a reason that names the changed parents, even if the build was requested by the image's name.
func whyOf(reason string, moved []movedParent) string {
	for _, m := range moved {
		if !strings.Contains(reason, wave.Short(m.After)) {
			reason += fmt.Sprintf("; %s", wave.Move{Reference: m.Reference, Before: m.Before, After: m.After})
		}
	}
	return reason
}

// waveLabels returns the labels about the wave of a build: its id, the changed parents, and the dependents to poke.
func (b *builder) waveLabels(set func(label, value string), moved []movedParent) {
	id, err := wave.ParseID(b.Getenv(schema.VarWave))
	if err != nil || id.IsZero() {
		id = wave.Begin(b.Getenv("CI_PIPELINE_ID"))
	}
	set(schema.LabelWave, id.String())
	setJSON(set, schema.LabelMoved, moved)
	setJSON(set, schema.LabelDependents, b.job.Dependents)
}

func setJSON[T any](set func(label, value string), label string, values []T) {
	if encoded, err := json.Marshal(values); err == nil && len(values) > 0 {
		set(label, string(encoded))
	}
}
