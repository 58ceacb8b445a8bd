package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
)

// checkStages reports stages that GitLab refuses in any order: a job may need those of its own stage and of earlier ones,
// https://docs.gitlab.com/ci/yaml/#needs. The jobs of child pipelines have stages that fit.
func (c *compilation) checkStages(p Pipeline) {
	isChosen := func(image *lineage.Image) bool { return image.Stages != definition.Stages{} }
	if c.inChildren || !slices.ContainsFunc(c.graph.Images, isChosen) {
		return
	}
	circle := newStageOrder(p, c.graph).circle()
	if circle == nil {
		return
	}
	var clauses []string
	hint := "choose other stages with `stages`"
	for _, step := range circle {
		clauses = append(clauses, fmt.Sprintf("%s in the stage %s needs %s in %s", step.job.Name, diagnostic.Quote(step.job.Stage), step.needed.Name, diagnostic.Quote(step.needed.Stage)))
		if strings.HasPrefix(step.needed.Name, verifyPrefix) {
			hint = fmt.Sprintf("leave out `stages.test` of %s, or write the stage in which it is built", step.tested.Name)
		}
	}
	c.found.Errorf(diagnostic.Stages, circle[0].image.Span, "no order of the stages works: %s", strings.Join(clauses, ", and ")).
		WithHint("%s", hint).WithKey(circle[0].image.Name)
}

// stageStep says that a stage is not before another one, since a job needs another.
type stageStep struct {
	job, needed Job
	// image and tested are the images of these jobs.
	image, tested *lineage.Image
}

// stageOrder has, for each stage, the stages that must not be after it. names are the stages in the order in which the images name them.
type stageOrder struct {
	names []string
	after map[string][]stageStep
}

func newStageOrder(p Pipeline, graph *lineage.Graph) stageOrder {
	type place struct {
		job   Job
		image *lineage.Image
	}
	places := map[string]place{}
	for i, section := range p.Sections {
		for _, job := range section.Jobs {
			places[job.Name] = place{job, graph.Images[i]}
		}
	}
	o := stageOrder{after: map[string][]stageStep{}}
	seen := map[[2]string]bool{}
	for i, section := range p.Sections {
		for _, job := range section.Jobs {
			for _, need := range job.Needs {
				needed := places[need.Job]
				stages := [2]string{job.Stage, needed.job.Stage}
				if job.Stage == needed.job.Stage || seen[stages] {
					continue
				}
				seen[stages] = true
				if o.after[job.Stage] == nil {
					o.names = append(o.names, job.Stage)
				}
				o.after[job.Stage] = append(o.after[job.Stage], stageStep{job, needed.job, graph.Images[i], needed.image})
			}
		}
	}
	return o
}

// circle is a way from a stage back to itself, or nil.
func (o stageOrder) circle() []stageStep {
	const onWay, done = 1, 2
	state := map[string]int{}
	var way, circle []stageStep
	var visit func(stage string)
	visit = func(stage string) {
		state[stage] = onWay
		for _, step := range o.after[stage] {
			way = append(way, step)
			switch to := step.needed.Stage; {
			case circle != nil:
			case state[to] == onWay:
				first := slices.IndexFunc(way, func(s stageStep) bool { return s.job.Stage == to })
				circle = slices.Clone(way[first:])
			case state[to] != done:
				visit(to)
			}
			way = way[:len(way)-1]
		}
		state[stage] = done
	}
	for _, stage := range o.names {
		if state[stage] != done {
			visit(stage)
		}
	}
	return circle
}
