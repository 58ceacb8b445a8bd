package build

import (
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// reader reads the variables of the job.
type reader struct{ *jobenv.Reader }

// buildJob has the values of a build job's variables.
type buildJob struct {
	jobenv.Target
	// Upstreams are projects that may have the image, in the order of preference.
	Upstreams []upstream
	// LeaveUpstream says that the job uses their images in place.
	LeaveUpstream bool
	// Platforms are those of an index.
	Platforms []string
	// Force says why the job builds an existing image again; it is empty otherwise.
	Force string
	// Poke is the poke that started the pipeline, if one did, and Dependents are the projects to poke about a rebuild.
	Poke       wave.Poke
	Dependents []string
	// IsTrialRebuild says that the result is thrown away.
	IsTrialRebuild bool
	// IsPublished says that other projects may use the image by its content tag, IsReleasing that the pipeline releases images.
	IsPublished, IsReleasing bool
	// Parents are all images that it is built from.
	Parents []parent
	Image   buildah.Image
	// Sources are files of other projects in the build context.
	Sources []schema.Source
	// Secrets are what steps of a Containerfile may mount.
	Secrets []schema.Secret
	// Exec runs inside, PostExec on the builder when the image is published.
	Exec, PostExec string
	// Env and Labels go into the image's configuration.
	Env, Labels map[string]string
	// Suite has the image's tests. Another job runs those outside it.
	Suite tested.Suite
	// ParentTests are the keys of the tests that parents of the project must have passed, by their names.
	ParentTests map[string][]string
	Compression oci.Compression
	// Mirrors replace the registries of parents.
	Mirrors mirrors
}

// parent is an image that this one is built from.
type parent struct {
	// Name is that of an image of the same project, or empty.
	Name      string
	Reference oci.Reference
	// Written is the reference as it is in the Containerfile, and Aliases are other names that the Containerfile uses.
	Written string
	Aliases []string
	// IsBase says that FDO_BASE_IMAGE or the distribution names it.
	IsBase bool
	// Digest and Place are set by resolveParents. Place is the repository to pull from: the reference's own or a mirror.
	Digest oci.Digest
	Place  oci.Repository
}

// pinned is the reference to pull, with the digest.
func (p parent) pinned() oci.Reference { return p.Place.At(p.Digest) }

func (j buildJob) hasBase() bool {
	return slices.ContainsFunc(j.Parents, func(p parent) bool { return p.IsBase })
}

// isPart reports whether the job builds one platform of an index, isIndex whether it joins them.
func (j buildJob) isPart() bool  { return len(j.Platforms) > 0 && j.Platform != "" }
func (j buildJob) isIndex() bool { return len(j.Platforms) > 0 && j.Platform == "" }

// partPlatform is the platform of a part of an index; empty for any other image.
func (j buildJob) partPlatform() string {
	if j.isPart() {
		return j.Platform
	}
	return ""
}

// readBuildJob reads the variables of a build job; the error names everything that is wrong with them.
func readBuildJob(getenv func(string) string) (buildJob, error) {
	r := reader{jobenv.NewReader(getenv)}
	j := buildJob{
		Target: r.Target(), Platforms: r.List(schema.VarPlatforms), Exec: getenv(schema.VarDistributionExec), PostExec: getenv(schema.VarDistributionPostExec),
	}
	if len(j.Platforms) == 1 && j.Platform == "" {
		j.Platform, j.Platforms = j.Platforms[0], nil
	}
	j.IsPublished, j.IsReleasing = getenv(schema.VarPublished) != "", releases(getenv)
	j.Poke = r.Poke()
	for _, d := range r.Dependents() {
		j.Dependents = append(j.Dependents, d.Project)
	}
	r.upstreams(&j)
	r.force(&j)
	r.parents(&j)
	r.image(&j)
	r.arguments(&j)
	j.Suite, j.ParentTests = tested.ReadSuite(r.Reader), r.parentTests()
	r.compression(&j)
	j.Mirrors = r.mirrors()
	r.Decode(schema.VarLabels, &j.Labels)
	if !j.isIndex() {
		r.recipe(&j)
	}
	if !j.IsCompiled && j.Inputs == "" {
		j.Inputs = handInputs(getenv)
	}
	return j, r.Err()
}

func (r reader) force(j *buildJob) {
	j.IsTrialRebuild = jobenv.IsTrialRebuild(r.Getenv)
	switch {
	case j.IsTrialRebuild:
		j.Force = "a trial rebuild builds everything"
	case r.Getenv(schema.VarForceRebuild) != "":
		j.Force = schema.VarForceRebuild + " is set"
	case slices.Contains(r.List(schema.VarRebuild), j.Name):
		j.Force = schema.VarRebuild + " names it"
	}
}

func (r reader) parents(j *buildJob) {
	for line := range strings.Lines(r.Getenv(schema.VarParents)) {
		line = strings.TrimSpace(line)
		name, reference, named := strings.Cut(line, "=")
		if !named {
			name, reference = "", line
		}
		if reference == "" {
			continue
		}
		parsed, err := oci.ParseReference(reference)
		if err != nil {
			r.Fail("%s: %w", schema.VarParents, err)
			continue
		}
		if name != "" && j.Snapshot != "" {
			parsed = parsed.Repository().Tag(schema.TagOf(parsed.Tag().String() + j.Snapshot))
		}
		j.Parents = append(j.Parents, parent{Name: name, Reference: parsed, Written: reference})
	}
	r.contexts(j)
	r.base(j)
}

// base marks the parent that FDO_BASE_IMAGE names. A job written by hand lists no parents, so its base becomes one.
func (r reader) base(j *buildJob) {
	base := r.Getenv(schema.VarBaseImage)
	if base == "" {
		return
	}
	i := slices.IndexFunc(j.Parents, func(p parent) bool { return p.Written == base })
	if i < 0 {
		i, j.Parents = 0, slices.Insert(j.Parents, 0, parent{Reference: r.Reference(schema.VarBaseImage, base), Written: base})
	}
	j.Parents[i].IsBase = true
}

// contexts reads the Containerfile's own names for images.
func (r reader) contexts(j *buildJob) {
	var contexts map[string]string
	r.Decode(schema.VarContexts, &contexts)
	for _, alias := range slices.Sorted(maps.Keys(contexts)) {
		i := slices.IndexFunc(j.Parents, func(p parent) bool { return p.Written == contexts[alias] })
		if i < 0 {
			i = len(j.Parents)
			j.Parents = append(j.Parents, parent{Reference: r.Reference(schema.VarContexts, contexts[alias]), Written: contexts[alias]})
		}
		j.Parents[i].Aliases = append(j.Parents[i].Aliases, alias)
	}
}

func (r reader) image(j *buildJob) {
	j.Image = buildah.Image{
		Platform: j.Platform, Packages: r.Words(schema.VarDistributionPackages),
		IgnoreMissing: r.Getenv(schema.VarIgnoreMissing) != "", Retries: r.Number(schema.VarRetries, maxRetries),
		Format: "docker",
	}
	r.Table(&j.Image)
	if r.Getenv("BUILDAH_FORMAT") == "oci" {
		j.Image.Format = "oci"
	}
	r.Decode(schema.VarEnv, &j.Env)
	if file := r.Getenv(schema.VarContainerfile); file != "" {
		c := &buildah.Containerfile{File: file, Context: r.Getenv(schema.VarContext), Target: r.Getenv(schema.VarTarget), Args: map[string]string{}}
		if c.Context == "" {
			c.Context = "."
		}
		r.Decode(schema.VarArgs, &c.Args)
		r.Decode(schema.VarFolders, &c.Folders)
		r.Decode(schema.VarSources, &j.Sources)
		r.Decode(schema.VarSecrets, &j.Secrets)
		c.Cache = r.layerCache(j)
		j.Image.Containerfile = c
	} else if !j.IsCompiled && j.Image.Workdir == "" {
		j.Image.Workdir = "/app" // ci-templates' default
	}
}

// compression reads how layers are compressed. Docker's manifests know no zstd.
func (r reader) compression(j *buildJob) {
	format, level := r.Getenv(schema.VarCompressionFormat), r.Getenv(schema.VarCompressionLevel)
	compression, err := oci.ParseCompression(format, level)
	if err != nil {
		r.Fail("%s and %s: %w", schema.VarCompressionFormat, schema.VarCompressionLevel, err)
	}
	j.Compression = compression
	if compression.IsZstd() {
		j.Image.Format = "oci"
	}
}

// recipe finds how to install packages, and the base if the job names none.
func (r reader) recipe(j *buildJob) {
	if j.Image.Containerfile != nil {
		return
	}
	name := r.Getenv(schema.VarDistributionName)
	if name == "" {
		if r.Getenv(schema.VarRepoSuffix) != "" && (!j.hasBase() || len(j.Image.Packages) > 0) {
			r.Fail("%s is not set: it says what installs packages", schema.VarDistributionName)
		}
		return
	}
	recipes := r.Recipes()
	recipe, ok := recipes.Recipe(name)
	if !ok {
		r.Fail("%s is %q, which is not known; distributions are %s", schema.VarDistributionName, name, strings.Join(recipes.Names(), ", "))
		return
	}
	switch compiled := r.Getenv(schema.VarRecipe); {
	case compiled == "" || compiled == recipe.Hash():
	case recipe.IsOwn:
		r.Fail("%s has another recipe of %s than the one that the job was compiled with: compile again", schema.VarDistributions, name)
	default:
		r.Fail("the job was compiled for another version of stemma, which installs packages on %s in another way: run the version that compiled it, or compile again", name)
	}
	j.Image.Recipe, j.Image.Upgrade = &recipe, !j.hasBase()
	r.version(j, recipe)
}

func (r reader) version(j *buildJob, recipe schema.Recipe) {
	if j.hasBase() {
		return
	}
	version := recipe.ImageVersion(r.Getenv(schema.VarDistributionVersion))
	if version == "" && recipe.NeedsVersion() {
		if r.Getenv(schema.VarRepoSuffix) != "" { // otherwise Target has reported it
			r.FailWithoutVersion(recipe)
		}
		return
	}
	reference := recipe.BaseImage(version)
	j.Parents = slices.Insert(j.Parents, 0, parent{Reference: r.Reference(schema.VarDistributionVersion, reference), Written: reference, IsBase: true})
}
