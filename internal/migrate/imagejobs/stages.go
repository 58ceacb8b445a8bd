package imagejobs

import (
	"cmp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// stages lets the compiled jobs run in the stages of the jobs that they replace.
func (c *conversion) stages() {
	order := c.order()
	for _, i := range c.converted() {
		stage := i.builds[0].job.stage()
		made := importer.Stages{}
		if stage != "build" && importer.Line.Takes(stage) && !strings.Contains(stage, "$") {
			made.Build = stage
		}
		if deploy := slices.Index(order, "deploy"); deploy < 0 || deploy < slices.Index(order, stage) {
			made.Deploy = stage
		}
		if made != (importer.Stages{}) {
			i.made.Stages = &made
		}
	}
}

// order are the stages of the pipeline.
func (c *conversion) order() []string {
	if order := c.pipeline.Top.Get("stages").Texts(); len(order) > 0 {
		return order
	}
	return []string{"build", "test", "deploy"}
}

func (j *job) stage() string {
	stage, _ := j.variables.Expand(j.Keys.Get("stage").String())
	return cmp.Or(stage, "test")
}
