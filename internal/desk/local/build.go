package local

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/chain"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Build makes sure that the images which are asked for exist, tested, and with them what they are built from: those that neither
// their registry nor this machine has are built, in their order. It goes on past failures; a result says what became of each image
// that was asked for or worked on. The error is one of the whole run.
func (y Yard) Build(ctx context.Context, request Request) ([]Result, error) {
	defer y.Board.Close()
	registry, err := oci.NewClient(y.Registry)
	if err != nil {
		return nil, err
	}
	wanted := y.Project.Family(request.Chosen)
	sights := look(ctx, registry, y.Store, y.Project, wanted)
	if request.AllPlatforms {
		y.dropSingle(sights)
	}
	p := choose(y.Project, request, sights, func(i int) bool { return y.isTested(i, sights[i].Here) })
	results := y.standing(request.Chosen, sights, p)
	numbers, needs := p.tasks(y.Project)
	if len(numbers) == 0 {
		return results, nil
	}
	v, err := y.open(y.hereOf(sights, p))
	if err != nil {
		return nil, err
	}
	defer v.server.Close()
	w, err := v.newWorks(ctx, request, sights, p)
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
			y.Board.End(results[len(results)-1])
		})
	return results, nil
}

// dropSingle takes images that this machine has for one of their platforms as ones that it has not.
func (y Yard) dropSingle(sights []Sight) {
	for i, image := range y.Project.Images {
		if len(image.platforms()) > 0 && !y.Store.IsIndex(sights[i].Here) {
			sights[i].Here = oci.Digest{}
		}
	}
}

// standing are the results of what was asked for and is there.
func (y Yard) standing(chosen []int, sights []Sight, p plan) []Result {
	var results []Result
	for _, i := range chosen {
		if p.work[i] {
			continue
		}
		state := IsHere
		if !sights[i].Published.IsZero() {
			state = IsPublished
		}
		results = append(results, Result{Image: y.Project.Images[i].Name, State: state})
	}
	return results
}

// hereOf are the repositories that the store answers for: of the images that are worked on, and of those that only it has.
func (y Yard) hereOf(sights []Sight, p plan) map[oci.Repository]bool {
	here := map[oci.Repository]bool{}
	for i, image := range y.Project.Images {
		here[image.Reference.Repository()] = p.work[i] || sights[i].Published.IsZero()
	}
	return here
}

// tasks are the images to work on, by number, and which of these each one needs.
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
