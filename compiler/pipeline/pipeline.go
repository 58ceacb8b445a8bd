// Package pipeline turns a lineage graph into the jobs of a static GitLab pipeline, as typed values.
package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Pipeline is the pipeline of a definition.
type Pipeline struct {
	// Definition is the path of the definition.
	Definition string
	// Overview lists the images, and what each is built on without its tag: a change of one image changes no line of another.
	Overview []string
	// Inputs are the `spec:inputs` of the compiled file.
	Inputs []Input
	// Shared has the hidden jobs that the others extend.
	Shared []Job
	// Kinds has the hidden jobs that jobs of all images extend. The jobs of Sections and Children state also what they extend.
	Kinds []Job
	// Sections has the jobs of each image, in the order of the graph.
	Sections []Section
	// Children are the child pipelines with the sections, sorted by name; nil if the sections are in this pipeline.
	Children []Child
	// Checks are jobs about all images.
	Checks []Job
	// Components are for other projects, by name.
	Components []Component
	// Recipes are the files that rules name, by path.
	Recipes []Recipe
}

// Section holds the jobs of one image.
type Section struct {
	Image string
	Jobs  []Job
}

// Child is a child pipeline.
type Child struct {
	Name, File string
	// Title is the name of the pipeline in GitLab.
	Title string
	// Trigger is the job that starts it.
	Trigger Job
	// Shared has the hidden jobs that its other jobs extend.
	Shared   []Job
	Sections []Section
}

// Component is a file that other projects include.
type Component struct {
	File string
	// Image is the name of the image, and Description says in one line what the image is; it may be empty.
	Image, Description string
	// Comment is printed at the top of the file.
	Comment string
	Inputs  []Input
	Jobs    []Job
}

// Input is an entry of `spec: inputs`. The type of all is string; it is printed if Type is set.
type Input struct {
	Name, Type, Description, Default, Regex string
}

// Compile turns the graph into jobs. It adds to found what GitLab would reject or misread.
func Compile(d *definition.Definition, graph *lineage.Graph, recipes schema.Recipes, found *diagnostic.List) Pipeline {
	c := &compilation{
		definition: d, graph: graph, recipes: recipes, found: found, changed: d.IsChanged(), inChildren: d.HasChildren(),
		versioned: map[*lineage.Image]bool{}, lines: map[*lineage.Image]*line{},
	}
	p := Pipeline{Definition: d.File, Inputs: inputs()}
	shared := c.sharedJob()
	shared.Variables = append(shared.Variables, fromInputs()...)
	p.Shared, p.Kinds = []Job{shared}, c.kinds()
	for _, image := range graph.Images {
		p.Overview = append(p.Overview, image.Name+": "+origin(image, lineage.Parent.Name))
		p.Sections = append(p.Sections, c.section(image))
		if image.Publish.Value {
			p.Components = append(p.Components, c.component(image))
		}
	}
	p.Checks = slices.Concat(c.rebuildJobs(), c.updateJobs(), c.mirrorJobs())
	if c.inChildren {
		p.Shared = append(p.Shared, c.sharedTriggerJob())
		p.Children = c.children(p.Sections)
	}
	p.Recipes = c.recipesOf()
	c.checkLimits(p)
	c.checkDistributions()
	c.checkStages(p)
	return p
}

type compilation struct {
	definition *definition.Definition
	graph      *lineage.Graph
	recipes    schema.Recipes
	found      *diagnostic.List
	// changed tells whether rules select the images whose files changed.
	changed bool
	// inChildren tells whether the jobs of images are in child pipelines.
	inChildren bool
	// versioned caches which images the pipelines of git tags need.
	versioned map[*lineage.Image]bool
	// lines caches the conditions of each image.
	lines map[*lineage.Image]*line
}

func (c *compilation) section(image *lineage.Image) Section {
	s := Section{Image: image.Name, Jobs: []Job{c.identityJob(image), c.buildTemplate(image), c.imageTemplate(image)}}
	s.Jobs = append(s.Jobs, c.buildJobs(image)...)
	s.Jobs = append(s.Jobs, c.verifyJobs(image)...)
	if isReleased(image) {
		s.Jobs = append(s.Jobs, c.releaseJob(image))
	}
	if len(image.Dependents) > 0 {
		s.Jobs = append(s.Jobs, c.pokeJob(image))
	}
	return s
}

// pipelineInputs are the inputs of the compiled file, with the variables that they set. They work where a project forbids pipeline variables.
var pipelineInputs = []struct{ name, variable, description string }{
	{schema.InputRebuild, schema.VarRebuild, "Images to rebuild, with all that is built on them; names separated by commas."},
	{schema.InputPokedBy, schema.VarPokedBy, "The image of another project whose rebuild started the pipeline."},
	{schema.InputWave, schema.VarWave, "The wave of rebuilds that it belongs to."},
	{schema.InputWavePath, schema.VarWavePath, "The images that the wave has passed through."},
}

func inputs() []Input {
	all := make([]Input, len(pipelineInputs))
	for i, in := range pipelineInputs {
		all[i] = Input{Name: in.name, Description: in.description + " The variable " + in.variable + " does the same.", Regex: schema.PokePattern}
	}
	return all
}
