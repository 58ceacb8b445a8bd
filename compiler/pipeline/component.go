package pipeline

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// component is an image for other projects: to run jobs in it, and to build on it.
func (c *compilation) component(image *lineage.Image) Component {
	const reference = "$[[ inputs.repository ]]:$[[ inputs.tag ]]"
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
		File:        definition.ComponentFile(image.Name),
		Image:       image.Name,
		Description: description(image),
		Comment:     fmt.Sprintf("Run jobs in the image %s of %s, or build on it. Each include needs another `name`.", image.Name, c.definition.Project),
		Inputs:      c.componentInputs(image),
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

// description returns the label with a sentence about the image in one line, or nothing,
// https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys.
func description(image *lineage.Image) string {
	for _, label := range image.Labels {
		if label.Name == "org.opencontainers.image.description" {
			return strings.Join(strings.Fields(label.Value), " ")
		}
	}
	return ""
}

// componentInputs are the same for all images, except for their defaults. The default repository names the publisher's project, because
// $CI_REGISTRY_IMAGE is the consumer's. GitLab compares values with a pattern before it replaces variables,
// https://docs.gitlab.com/ci/yaml/#specinputsregex.
func (c *compilation) componentInputs(image *lineage.Image) []Input {
	return []Input{
		{
			Name: "name", Type: "string", Default: image.Name, Regex: `^[A-Za-z0-9][A-Za-z0-9._/@-]*$`,
			Description: "The name at the end of the templates: .fdo.distribution-image@NAME and .fdo.container-extend@NAME.",
		},
		{
			Name: "tag", Type: "string", Default: image.Tag.String(), Regex: `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$`,
			Description: "The tag of the image, alone or as tag@digest. The default is the tag that the component was compiled with; a tag such as latest moves.",
		},
		{
			Name: "repository", Type: "string", Default: projectRepository(c.definition.Project, image.Name), Regex: `^[A-Za-z0-9.${}_-]+(:[0-9]+)?(/[A-Za-z0-9.${}_-]+)*$`,
			Description: "The repository of the image, without a tag. Set it to pull from a mirror. It may contain CI/CD variables.",
		},
	}
}
