package local

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/chain"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Build makes sure that the requested images and their parents exist and are tested. It builds those that neither their registry nor
// this machine has, parents first. A failure does not end the run: the results tell what happened to each image that was requested or
// worked on. The error is about the whole run.
func (s Session) Build(ctx context.Context, request Request) ([]Result, error) {
	defer s.Progress.Close()
	registry, err := oci.NewClient(s.Registry)
	if err != nil {
		return nil, err
	}
	wanted := s.Project.Family(request.Chosen)
	locations := locate(ctx, registry, s.Store, s.Project, wanted)
	if request.AllPlatforms {
		s.dropSingle(locations)
	}
	p := choose(s.Project, request, locations, func(i int) bool { return s.isTested(i, locations[i].Local) })
	results := s.existing(request.Chosen, locations, p)
	numbers, needs := p.tasks(s.Project)
	if len(numbers) == 0 {
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
	chain.Run(ctx, needs, request.AtOnce,
		func(ctx context.Context, task int) error { return w.make(ctx, numbers[task]) },
		func(task int, o chain.Outcome) {
			results = append(results, w.result(numbers, task, o))
			s.Progress.End(results[len(results)-1])
		})
	return results, nil
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
		state := IsHere
		if !locations[i].Published.IsZero() {
			state = IsPublished
		}
		results = append(results, Result{Image: s.Project.Images[i].Name, State: state})
	}
	return results
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

// tasks returns the numbers of the images to work on and, for each, the tasks it needs.
func (c plan) tasks(p Project) (numbers []int, needs [][]int) {
	task := make(map[int]int)
	for i := range p.Images {
		if c.work[i] {
			task[i] = len(numbers)
			numbers = append(numbers, i)
		}
	}
	needs = make([][]int, len(numbers))
	for t, i := range numbers {
		for _, parent := range p.Images[i].Needs {
			if n, ok := task[parent]; ok {
				needs[t] = append(needs[t], n)
			}
		}
	}
	return numbers, needs
}
