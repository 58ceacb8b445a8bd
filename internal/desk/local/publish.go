package local

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Publication says what to publish.
type Publication struct {
	// Chosen are the numbers of the images that are asked for. What they are built from is published with them.
	Chosen []int
	// AtOnce is how many images are published at a time.
	AtOnce int
	// IsReleased moves the tags that the images are released under, once all images are published.
	IsReleased bool
	// Committed returns an error for an image that the present commit does not make. It is asked for images that are pushed.
	Committed func(ctx context.Context, image int) error
}

// Publish pushes the images that were built on this machine and passed their tests, each by its digest and then under its tag. It tests
// untested images first. It never moves an existing content tag. After all pushes it moves the released tags.
func (s Session) Publish(ctx context.Context, request Publication) ([]Result, error) {
	defer s.Progress.Close()
	wanted := s.Project.Family(request.Chosen)
	locations, err := s.locate(ctx, wanted)
	if err != nil {
		return nil, err
	}
	c := plan{work: make([]bool, len(locations)), force: make([]bool, len(locations))}
	for i, l := range locations {
		c.work[i] = wanted[i] && (l.Err != nil || l.Published.IsZero())
	}
	conn, err := s.start(s.inStore(locations, c))
	if err != nil {
		return nil, err
	}
	defer conn.server.Close()
	p := publisher{request: request, results: map[int]Result{}}
	if p.run, err = conn.newRun(ctx, Request{AllPlatforms: true}, locations, c); err != nil {
		return nil, err
	}
	defer p.close()
	if p.registry, err = oci.NewClient(conn.reachBoth()); err != nil {
		return nil, err
	}
	p.Progress.Plan(s.planned(request.Chosen, locations, c))
	p.each(ctx, request.AtOnce, p.publish, func(i int, r Result) {
		if !r.IsBad() {
			r.State = WasPushed
		}
		p.results[i] = r
		p.Progress.End(r)
	})
	return p.released(ctx), nil
}

// publisher is a publication in progress.
type publisher struct {
	*run
	request Publication
	// registry reaches the real registry, and the store's server, from which images are copied.
	registry *oci.Client
	results  map[int]Result
}

// released releases the images, and returns the results in the order of the images, including images that were already published.
func (p *publisher) released(ctx context.Context) []Result {
	var results []Result
	var numbers []int
	for i, image := range p.Project.Images {
		r, isPushed := p.results[i]
		if !isPushed && !slices.Contains(p.request.Chosen, i) {
			continue
		}
		if !isPushed {
			r = Result{Image: image.Name, State: IsPublished}
		}
		results, numbers = append(results, r), append(numbers, i)
	}
	if p.request.IsReleased {
		parallel.Each(len(results), p.request.AtOnce, func(n int) {
			if !results[n].IsBad() {
				results[n] = p.release(ctx, numbers[n], results[n])
			}
		})
	}
	return results
}

// publish pushes an image that was built.
func (p *publisher) publish(ctx context.Context, i int) error {
	image, s := p.Project.Images[i], p.locations[i]
	switch {
	case s.Err != nil:
		return s.Err
	case s.Local.IsZero():
		return fmt.Errorf("this machine has no %s: run `stemma build %s` with the same --registry first", image.Reference, image.Name)
	}
	if err := p.request.Committed(ctx, i); err != nil {
		return err
	}
	return p.workOn(ctx, i, func(t *task) error { return p.push(ctx, t, s.Local) })
}

// push tests an image unless it is tested, pushes it by its digest, and then sets its tag.
func (p *publisher) push(ctx context.Context, t *task, digest oci.Digest) error {
	found, err := p.client.Look(ctx, t.image.Reference.Repository().At(digest), "")
	if err != nil {
		return err
	}
	if platforms := t.image.platforms(); len(platforms) > len(found.Platforms) {
		return fmt.Errorf("it was built for one of its platforms: run `stemma build --all-platforms %s`, or let a pipeline build it for %s", t.image.Name, strings.Join(platforms, ", "))
	}
	parents, err := p.parents(t, found)
	if err != nil {
		return err
	}
	p.keep(t.number, "", digest)
	if err := p.test(ctx, t, digest); err != nil {
		return err
	}
	p.Progress.Begin(t.image.Name, "push")
	repository := t.image.Reference.Repository()
	from, err := p.server.At(repository.At(digest))
	if err != nil {
		return err
	}
	if err := p.registry.CopyOnto(ctx, from, parents, repository, oci.Credentials{}, t.log); err != nil {
		return err
	}
	if err := tested.Copy(ctx, p.registry, from, repository, t.image.requiredTests()); err != nil {
		return err
	}
	switch there, err := p.registry.Resolve(ctx, t.image.Reference); {
	case err == nil && there != digest:
		return fmt.Errorf("another image (%[2]s) was pushed as %[1]s meanwhile: the tag is not moved", t.image.Reference, there)
	case err != nil && !oci.IsNotFound(err):
		return err
	}
	fmt.Fprintf(t.log, "Tag %s as %s.\n", repository.At(digest), t.image.Reference)
	return p.registry.Tag(ctx, repository.At(digest), t.image.Reference.Tag(), oci.Credentials{})
}

// test runs the tests that an image in the store has not passed yet.
func (p *publisher) test(ctx context.Context, t *task, digest oci.Digest) error {
	if p.isTested(t.number, digest) {
		return nil
	}
	p.Progress.Begin(t.image.Name, "test")
	if err := t.build(ctx); err != nil {
		return err
	}
	if now := t.digest(t.number, ""); now != digest {
		return fmt.Errorf("it was rebuilt, as %s: run `stemma publish` again", now)
	}
	return t.finish(ctx)
}

// parents returns the parents of an image that are in its registry. It fails if others get another build of one of them.
func (p *publisher) parents(t *task, found oci.Found) ([]oci.Reference, error) {
	label := found.Labels[schema.LabelParents]
	if label == "" {
		return nil, nil // it has no parent, as with FROM scratch
	}
	var recorded []struct{ Name, Reference, Digest string }
	if err := json.Unmarshal([]byte(label), &recorded); err != nil {
		return nil, fmt.Errorf("read what it was built on: %w", err)
	}
	var parents []oci.Reference
	for _, r := range recorded {
		isOther := func(i int) bool {
			parent := p.Project.Images[i]
			return parent.Name == r.Name && len(parent.platforms()) == 0 && p.locations[i].digest().String() != r.Digest
		}
		if slices.ContainsFunc(t.image.Needs, isOther) {
			return nil, fmt.Errorf("it was built on a different build of %s than the published one: run `stemma build --force %s` first", r.Name, t.image.Name)
		}
		reference, err := oci.ParseReference(r.Reference)
		if err != nil || reference.Repository().Registry() != t.image.Reference.Repository().Registry() {
			continue
		}
		if digest, err := oci.ParseDigest(r.Digest); err == nil && found.Platforms == nil {
			reference = reference.Repository().At(digest)
		}
		parents = append(parents, reference)
	}
	return parents, nil
}
