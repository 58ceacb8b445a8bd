package pipeline

import (
	"cmp"
	"path"
	"reflect"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// variables collects variables that have a value.
type variables []Variable

// add adds a value that the compiler made, which may refer to other variables.
func (v *variables) add(name, value string) {
	if value != "" {
		*v = append(*v, Variable{Name: name, Value: value})
	}
}

// literal adds text of the user, which neither GitLab nor the runner may expand. GitLab expands $NAME, ${NAME} and %NAME%
// (VARIABLES_REGEXP in Gitlab::Ci::Variables::Collection::Item).
func (v *variables) literal(name, value string) {
	if value != "" {
		*v = append(*v, Variable{Name: name, Value: value, Literal: strings.ContainsAny(value, "$%")})
	}
}

// buildVariables returns all variables that the build of an image reads.
func (c *compilation) buildVariables(image *lineage.Image) []Variable {
	var v variables
	v = append(v, c.identity(image)...)
	v.literal(schema.VarDistributionName, image.Distribution)
	v.literal(schema.VarDistributionVersion, image.Version)
	if recipe, ok := c.recipes.Recipe(image.Distribution); ok {
		v.add(schema.VarRecipe, recipe.Hash())
		v.literal(schema.VarDistributions, c.ownDistributions(image.Distribution))
	}
	if base, ok := image.Base(); ok && (!image.Containerfile.Present() || base.ByArgument) {
		v.add(schema.VarBaseImage, c.reference(base))
	}
	v.add(schema.VarParents, c.parents(image))
	v.add(schema.VarMirrored, c.mirrored(image))
	for _, f := range schema.Leaves(reflect.TypeFor[definition.Image]()) {
		c.field(&v, image, f)
	}
	v.add(schema.VarParentTests, parentTests(image))
	platformVariables(&v, image)
	return v
}

// ownDistributions returns the recipes of those distributions that the project defines itself, as schema.VarDistributions has them.
func (c *compilation) ownDistributions(names ...string) string {
	own := schema.Recipes{}
	for _, name := range names {
		if recipe, ok := c.recipes.Recipe(name); ok && recipe.IsOwn {
			own[name] = recipe
		}
	}
	if len(own) == 0 {
		return ""
	}
	return schema.JSON(own)
}

// field adds the variables of a field of the language. The variable of most fields is their text.
func (c *compilation) field(v *variables, image *lineage.Image, f schema.Field) {
	isContainerfile := image.Containerfile.Present()
	switch f.Variable {
	case schema.VarContainerfile:
		if isContainerfile {
			v.literal(schema.VarContainerfile, path.Clean(image.Containerfile.Value))
			v.literal(schema.VarContext, image.ContextFolder())
		} else if !readsCheckout(image) {
			*v = append(*v, withoutCheckout)
		}
		return
	case schema.VarContext:
		return // behind the Containerfile
	case schema.VarFolders:
		v.add(schema.VarContexts, c.contexts(image))
	case schema.VarSources:
		v.literal(schema.VarSources, sources(image))
		if len(image.Secrets) > 0 {
			v.literal(schema.VarSecrets, schema.JSON(image.Secrets))
		}
		return
	case schema.VarUsers, schema.VarPackageProxy:
		if isContainerfile {
			return
		}
	case schema.VarBuildCache:
		if !isContainerfile {
			return
		}
	case "":
		if f.Name == "Build.Env" {
			for _, variable := range image.Build.Env {
				v.literal(variable.Name, variable.Value)
			}
		}
		return
	}
	v.literal(f.Variable, f.Text(reflect.ValueOf(image.Image).Elem()))
}

// identity returns the variables that identify an image in each of its jobs.
func (c *compilation) identity(image *lineage.Image) []Variable {
	var v variables
	v.add(schema.VarImage, image.Name)
	v.add(schema.VarRepoSuffix, image.Name)
	v.add(schema.VarDistributionTag, image.Tag.String())
	v.add(schema.VarUpstreamRepo, c.definition.Project)
	v.add(schema.VarInputs, image.Inputs)
	return v
}

// withoutCheckout keeps the runner from fetching files that a job does not read.
var withoutCheckout = Variable{Name: "GIT_STRATEGY", Value: "none"}

// contexts returns the names that the definition gives images for a Containerfile.
func (c *compilation) contexts(image *lineage.Image) string {
	var entries definition.Entries[string]
	for _, parent := range image.Parents {
		for _, alias := range parent.Aliases {
			entries = append(entries, definition.Entry[string]{Name: alias, Value: c.reference(parent)})
		}
	}
	if len(entries) == 0 {
		return ""
	}
	return schema.JSON(entries)
}

// sources are the files of other projects that the context includes.
func sources(image *lineage.Image) string {
	if len(image.Sources) == 0 {
		return ""
	}
	out := make([]schema.Source, len(image.Sources))
	for i, source := range image.Sources {
		out[i] = schema.Source{Project: source.Project, URL: source.URL, Ref: cmp.Or(source.Commit, source.Ref), Path: source.Path.Value}
	}
	return schema.JSON(out)
}

func platformVariables(v *variables, image *lineage.Image) {
	if isIndex(image) {
		v.add(schema.VarPlatforms, strings.Join(image.Platforms.Names(), ","))
	} else {
		v.add(schema.VarDistributionPlatform, string(onlyPlatform(image)))
	}
}

// parents lists the parents of the image, in the form of schema.VarParents.
func (c *compilation) parents(image *lineage.Image) string {
	lines := make([]string, len(image.Parents))
	for i, parent := range image.Parents {
		lines[i] = c.reference(parent)
		if parent.Image != nil {
			lines[i] = parent.Image.Name + "=" + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// reference returns the reference of a parent. GitLab's registry has the paths of projects in lower case.
func (c *compilation) reference(parent lineage.Parent) string {
	switch {
	case parent.Image != nil:
		return ownRepository(parent.Image.Name) + ":" + parent.Image.Tag.String()
	case parent.Project.Path != "":
		return pinned(projectRepository(parent.Project.Path, parent.Project.Image)+":"+parent.Project.Tag.String(), parent.Digest)
	default:
		return pinned(parent.Outside.String(), parent.Digest)
	}
}

// pinned returns a reference with its digest in the lock, if there is one. It keeps the tag, for readers.
func pinned(reference, digest string) string {
	if digest == "" {
		return reference
	}
	return reference + "@" + digest
}

func ownRepository(image string) string { return "${CI_REGISTRY_IMAGE}/" + image }

func projectRepository(project, image string) string {
	return "${CI_REGISTRY}/" + strings.ToLower(project) + "/" + image
}
