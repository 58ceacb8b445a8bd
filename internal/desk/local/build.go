package local

import (
	"context"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Build makes sure that the requested images and their parents exist and are tested. It builds those that neither their registry nor
// this machine has, parents first. A failure does not end the run: the results tell what happened to each image that was requested or
// worked on. The error is about the whole run.
func (s Session) Build(ctx context.Context, request Request) ([]Result, error) {
	defer s.Progress.Close()
	locations, p, err := s.decide(ctx, request)
	if err != nil {
		return nil, err
	}
	results := s.existing(request.Chosen, locations, p)
	if !slices.Contains(p.work, true) {
		return results, nil
	}
	conn, err := s.start(s.inStore(locations, p))
	if err != nil {
		return nil, err
	}
	defer conn.server.Close()
	w, err := conn.newRun(ctx, request, locations, p)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if _, err := w.builder(); err != nil {
		return nil, err
	}
	s.Progress.Plan(s.planned(request.Chosen, locations, p))
	w.each(ctx, request.AtOnce, w.make, func(_ int, r Result) {
		results = append(results, r)
		s.Progress.End(r)
	})
	return results, nil
}

// decide finds out where the images are, and which need work.
func (s Session) decide(ctx context.Context, request Request) ([]Location, plan, error) {
	locations, err := s.locate(ctx, s.Project.Family(request.Chosen))
	if err != nil {
		return nil, plan{}, err
	}
	if request.AllPlatforms {
		s.dropSingle(locations)
	}
	return locations, choose(s.Project, request, locations, func(i int) bool { return s.isTested(i, locations[i].Local) }), nil
}

// dropSingle treats images that this machine has for a single platform, of several, as missing.
func (s Session) dropSingle(locations []Location) {
	for i, image := range s.Project.Images {
		if len(image.platforms()) > 0 && !s.Store.IsIndex(locations[i].Local) {
			locations[i].Local = oci.Digest{}
		}
	}
}

// existing returns the results of the requested images that need no work.
func (s Session) existing(chosen []int, locations []Location, p plan) []Result {
	var results []Result
	for _, i := range chosen {
		if p.work[i] {
			continue
		}
		results = append(results, Result{Image: s.Project.Images[i].Name, State: locations[i].state()})
	}
	return results
}

// planned lists the images that a run shows: those that are requested, and those that are worked on.
func (s Session) planned(chosen []int, locations []Location, p plan) []Planned {
	var images []Planned
	shown := map[int]int{}
	for i, image := range s.Project.Images {
		if !p.work[i] && !slices.Contains(chosen, i) {
			continue
		}
		planned := Planned{Image: image.Name, Parent: -1}
		if !p.work[i] {
			planned.State = locations[i].state()
		}
		for _, parent := range image.Needs {
			if n, isShown := shown[parent]; isShown {
				planned.Parent = n
				break
			}
		}
		shown[i] = len(images)
		images = append(images, planned)
	}
	return images
}

// inStore returns the repositories that the store answers for: those of images that are worked on, and of images that only this machine
// has.
func (s Session) inStore(locations []Location, p plan) map[oci.Repository]bool {
	here := map[oci.Repository]bool{}
	for i, image := range s.Project.Images {
		here[image.Reference.Repository()] = p.work[i] || locations[i].Published.IsZero()
	}
	return here
}
