package pipeline

import (
	"gitlab.com/stemma-ci/stemma/compiler/definition"
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
		job.Variables = []Variable{{Name: result, Value: projectRepository(c.project, image.Name) + ":" + image.Tag.String()}}
		reference = "${" + result + "}"
	}
	job.Image = reference
	job.Variables = append(job.Variables, Variable{Name: schema.VarDistributionImage, Value: reference})
	return job
}

// component is an image for other projects: to run jobs in it, and to build on it. It names the publisher's registry
// path, since $CI_REGISTRY_IMAGE is the consumer's where it is included.
func (c *compilation) component(image *lineage.Image) Component {
	reference := projectRepository(c.project, image.Name) + ":" + image.Tag.String()
	var extend variables
	extend.add(schema.VarBaseImage, reference)
	extend.add(schema.VarDistributionName, image.Distribution)
	extend.add(schema.VarDistributionVersion, image.Version)
	extend.literal(schema.VarDistributions, c.ownDistributions(image.Distribution))
	comment := "Build on the image: extend this beside the .fdo.container-build@ template of its distribution."
	if recipe, ok := c.recipes.Recipe(image.Distribution); ok && recipe.IsOwn {
		comment = "Build on the image: extend this after the .fdo.container-build@ template of any distribution, whose name it replaces."
	}
	return Component{
		File: definition.ComponentFile(image.Name),
		Inputs: []Input{{
			Name: "name", Default: image.Name, Regex: `^[A-Za-z0-9][A-Za-z0-9._/@-]*$`,
			Description: "How the templates are called: .fdo.distribution-image@<name> and .fdo.container-extend@<name>.",
		}},
		Jobs: []Job{
			{
				Name: ".fdo.distribution-image@$[[ inputs.name ]]", Comment: "Run a job in the image.", Image: reference,
				Variables: []Variable{{Name: schema.VarDistributionImage, Value: reference}},
			},
			{
				Name: ".fdo.container-extend@$[[ inputs.name ]]", Comment: comment, Variables: extend,
			},
		},
	}
}
