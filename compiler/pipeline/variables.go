package pipeline

import (
	"cmp"
	"encoding/json"
	"path"
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
	}
	if base, ok := image.Base(); ok && (!image.Containerfile.Present() || base.ByArgument) {
		v.add(schema.VarBaseImage, c.reference(base))
	}
	v.add(schema.VarParents, c.parents(image))
	v.add(schema.VarMirrored, c.mirrored(image))
	v.literal(schema.VarDependents, dependents(image))
	if image.Publish.Value {
		v.add(schema.VarPublished, "true")
	}
	v.literal(schema.VarDistributionPackages, join(image.Packages))
	v.literal(schema.VarDistributionExec, image.Exec.Value)
	if !image.Containerfile.Present() && !readsCheckout(image) {
		v = append(v, withoutCheckout)
	}
	c.containerfileVariables(&v, image)
	c.configVariables(&v, image)
	settings(&v, image)
	testVariables(&v, image)
	c.platformVariables(&v, image)
	return v
}

// identity returns the variables that identify an image in each of its jobs.
func (c *compilation) identity(image *lineage.Image) []Variable {
	var v variables
	v.add(schema.VarImage, image.Name)
	v.add(schema.VarRepoSuffix, image.Name)
	v.add(schema.VarDistributionTag, image.Tag.String())
	v.add(schema.VarUpstreamRepo, c.project)
	v.add(schema.VarInputs, image.Inputs)
	return v
}

// withoutCheckout keeps the runner from fetching files that a job does not read.
var withoutCheckout = Variable{Name: "GIT_STRATEGY", Value: "none"}

func (c *compilation) containerfileVariables(v *variables, image *lineage.Image) {
	if !image.Containerfile.Present() {
		return
	}
	file := path.Clean(image.Containerfile.Value)
	context := path.Dir(file)
	if image.Context.Present() {
		context = path.Clean(image.Context.Value)
	}
	v.literal(schema.VarContainerfile, file)
	v.literal(schema.VarContext, context)
	v.literal(schema.VarTarget, image.Target.Value)
	v.literal(schema.VarArgs, jsonObject(image.Args))
	v.add(schema.VarContexts, c.contexts(image))
	v.literal(schema.VarFolders, jsonObject(folders(image)))
	v.literal(schema.VarSources, c.sources(image))
	if len(image.Secrets) > 0 {
		v.literal(schema.VarSecrets, jsonText(image.Secrets))
	}
}

// contexts returns the names that the definition gives images for a Containerfile.
func (c *compilation) contexts(image *lineage.Image) string {
	var entries []definition.Entry
	for _, parent := range image.Parents {
		for _, alias := range parent.Aliases {
			entries = append(entries, definition.Entry{Name: alias, Value: c.reference(parent)})
		}
	}
	return jsonObject(entries)
}

// folders returns the names that the definition gives folders for a Containerfile.
func folders(image *lineage.Image) []definition.Entry {
	var entries []definition.Entry
	for _, folder := range image.Contexts {
		entries = append(entries, definition.Entry{Name: folder.Name, Value: folder.Path.Value})
	}
	return entries
}

// sources are the files of other projects that the context includes.
func (c *compilation) sources(image *lineage.Image) string {
	if len(image.Sources) == 0 {
		return ""
	}
	out := make([]schema.Source, len(image.Sources))
	for i, source := range image.Sources {
		out[i] = schema.Source{Project: source.Project, URL: source.URL, Ref: cmp.Or(source.Commit, source.Ref), Path: source.Path.Value}
	}
	return jsonText(out)
}

// settings adds the settings and limits of a build.
func settings(v *variables, image *lineage.Image) {
	if len(image.Users) > 0 && !image.Containerfile.Present() {
		v.literal(schema.VarUsers, jsonText(image.Users))
	}
	v.literal(schema.VarBuildProxy, image.Proxy.Build)
	if !image.Containerfile.Present() {
		v.literal(schema.VarPackageProxy, image.Proxy.Packages)
	}
	if image.Limits != (schema.Limits{}) {
		v.add(schema.VarLimits, jsonText(image.Limits))
	}
	if image.Build.Cache && image.Containerfile.Present() {
		v.add(schema.VarBuildCache, "registry")
	}
	for _, variable := range image.Build.Env {
		v.literal(variable.Name, variable.Value)
	}
}

func (c *compilation) configVariables(v *variables, image *lineage.Image) {
	v.literal(schema.VarEnv, jsonObject(image.Env))
	v.literal(schema.VarLabels, jsonObject(image.Labels))
	entrypoint := image.EntrypointPath
	if image.Entrypoint != nil {
		entrypoint = jsonText(image.Entrypoint)
	}
	v.literal(schema.VarDistributionEntrypoint, entrypoint)
	v.literal(schema.VarDistributionWorkingDir, image.Workdir)
	v.literal(schema.VarUser, image.User)
	v.literal(schema.VarExpiresAfter, image.Expires)
}

func (c *compilation) platformVariables(v *variables, image *lineage.Image) {
	names := make([]string, len(image.Platforms))
	for i, platform := range image.Platforms {
		names[i] = string(platform)
	}
	if isIndex(image) {
		v.add(schema.VarPlatforms, strings.Join(names, ","))
	} else {
		v.add(schema.VarDistributionPlatform, strings.Join(names, ""))
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

func join(located []definition.Located[string]) string {
	words := make([]string, len(located))
	for i := range located {
		words[i] = located[i].Value
	}
	return strings.Join(words, " ")
}

// jsonObject returns a JSON object with the entries in their order, or nothing if there are none.
func jsonObject(entries []definition.Entry) string {
	if len(entries) == 0 {
		return ""
	}
	parts := make([]string, len(entries))
	for i, entry := range entries {
		parts[i] = jsonText(entry.Name) + ":" + jsonText(entry.Value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func jsonText(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "" // unreachable: only text is encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
