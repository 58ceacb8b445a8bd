package pipeline

import (
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// imageTemplate is the extendable template of jobs that run in an image. Where rules select the images, the image may be
// one that a fork has not built: then it is the project's own, unless the job needs the build job, whose result wins.
func (c *compilation) imageTemplate(image *lineage.Image) Job {
	reference := ownRepository(image.Name) + ":" + image.Tag.String()
	job := Job{Name: ".fdo.distribution-image@" + image.Name, Public: true}
	if c.changed {
		result := schema.PrefixRef + schema.DotenvSuffix(image.Name)
		job.Variables = []Variable{{Name: result, Value: projectRepository(c.definition.Project, image.Name) + ":" + image.Tag.String()}}
		reference = "${" + result + "}"
	}
	job.Image = reference
	job.Variables = append(job.Variables, Variable{Name: schema.VarDistributionImage, Value: reference})
	return job
}
