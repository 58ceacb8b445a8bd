// Package why explains from labels in registries why an image was rebuilt: each image names the parents that had moved, and their labels
// explain why they were rebuilt.
package why

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxSteps is how many images a chain has at most.
const maxSteps = 100

// Step is an image and why it was built.
type Step struct {
	// Reference is the image by its digest.
	Reference string `json:"reference"`
	// Image is its project and its name there; empty for an image that says nothing of itself.
	Image string `json:"image,omitempty"`
	// Reason is for people.
	Reason string `json:"reason,omitempty"`
	Wave   string `json:"wave,omitempty"`
	// Built is when, in the form of RFC 3339, and Pipeline the address of the pipeline.
	Built    string `json:"built,omitempty"`
	Pipeline string `json:"pipeline,omitempty"`
	// Problem says why nothing is known.
	Problem string `json:"problem,omitempty"`
	// Hold says where a rollback holds the releases of the image, and why; empty where none does.
	Hold string `json:"hold,omitempty"`
	// Moved are the parents that had moved, with why they were built.
	Moved []Step `json:"moved,omitempty"`
}

// Chain explains why an image was rebuilt, and why the parents that had moved were. The error is about the image itself; if a parent
// cannot be explained, its Problem says why.
func Chain(ctx context.Context, registry *oci.Client, reference oci.Reference) (Step, error) {
	found, err := registry.Look(ctx, reference, "")
	if err != nil {
		return Step{}, err
	}
	c := chain{registry: registry, seen: map[string]bool{}}
	step := c.step(ctx, found)
	step.Hold = hold(ctx, registry, reference.Repository())
	return step, nil
}

// hold says where a rollback holds the image of a repository.
func hold(ctx context.Context, registry *oci.Client, repository oci.Repository) string {
	record, err := record.Read(ctx, registry, repository, record.Line{})
	switch {
	case err != nil:
		return fmt.Sprintf("it is not known whether a rollback holds it: %v", err)
	case record.Hold == nil:
		return ""
	default:
		return record.HoldText()
	}
}

type chain struct {
	registry *oci.Client
	seen     map[string]bool
}

// step explains an image from its labels, and its parents.
func (c *chain) step(ctx context.Context, found oci.Found) Step {
	labels := found.Labels
	s := Step{
		Reference: found.Reference.Repository().At(found.Digest).String(), Reason: labels[schema.LabelReason],
		Wave: labels[schema.LabelWave], Built: labels[schema.LabelCreated],
	}
	if project, image := labels[schema.LabelProject], labels[schema.LabelImage]; project != "" && image != "" {
		s.Image = project + "/" + image
	}
	if source, pipeline := labels[schema.LabelSource], labels[schema.LabelPipelineID]; strings.HasPrefix(source, "https://") && pipeline != "" {
		s.Pipeline = source + "/-/pipelines/" + pipeline
	}
	if s.Reason == "" {
		s.Problem = "it does not say why it was built"
	}
	c.seen[found.Digest.String()] = true
	for _, m := range provenance.Moves(labels) {
		if len(c.seen) < maxSteps && !c.seen[m.After] {
			c.seen[m.After] = true
			s.Moved = append(s.Moved, c.parent(ctx, m.Reference, m.After))
		}
	}
	return s
}

// parent explains a parent by the digest to which it had moved.
func (c *chain) parent(ctx context.Context, text, after string) Step {
	reference, err := oci.ParseReference(text)
	if err != nil {
		return Step{Reference: text, Problem: err.Error()}
	}
	digest, err := oci.ParseDigest(after)
	if err != nil {
		return Step{Reference: text, Problem: err.Error()}
	}
	pinned := reference.Repository().At(digest)
	found, err := c.registry.Look(ctx, pinned, "")
	switch {
	case oci.IsNotFound(err):
		return Step{Reference: pinned.String(), Problem: "it is no longer there"}
	case err != nil:
		return Step{Reference: pinned.String(), Problem: err.Error()}
	}
	return c.step(ctx, found)
}

// Text returns the chain as a tree: an image, why it was rebuilt, and below it the parents that had moved. Labels cannot control the terminal.
func (s Step) Text(look terminal.Look) string { return look.Tree([]terminal.Branch{s.branch()}) }

func (s Step) branch() terminal.Branch {
	b := terminal.Branch{Name: cmp.Or(s.Image, s.Reference), Style: terminal.Bold}
	if s.Image != "" {
		b.Lines = append(b.Lines, s.Reference)
	}
	if s.Built != "" {
		b.Lines = append(b.Lines, strings.TrimSpace("built "+s.Built+" "+s.Pipeline))
	}
	for _, text := range []string{s.Reason, s.Problem, s.Hold} {
		if text != "" {
			b.Lines = append(b.Lines, text)
		}
	}
	for _, parent := range s.Moved {
		b.Below = append(b.Below, parent.branch())
	}
	return b
}
