package jobenv

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Target is the image that a job is about.
type Target struct {
	// Name is its name in the definition; for a job written by hand the repository below the project.
	Name string
	// Suffix is the repository below the project's registry path.
	Suffix     string
	Repository oci.Repository
	Tag        schema.Tag
	// Snapshot is the end of the tag that a snapshot has; it may be empty.
	Snapshot string
	// Inputs is the hash of its inputs; a job written by hand has none.
	Inputs string
	// Platform is the one that the job builds or tests; it may be empty.
	Platform string
	// IsCompiled says that stemma wrote the job.
	IsCompiled bool
	// Keeps says which kind of pipeline does not move an existing tag that is written by hand; it is empty where the tag moves.
	Keeps string
}

// Reference is the tagged image.
func (t Target) Reference() oci.Reference { return t.Repository.Tag(t.Tag) }

// IsContentTag reports whether the tag says what is in the image.
func (t Target) IsContentTag() bool {
	tag := strings.TrimSuffix(t.Tag.String(), t.Snapshot)
	return len(tag) == schema.ContentTagLength && strings.HasPrefix(t.Inputs, tag)
}

// KeepsExisting reports whether the job leaves the tag at an existing image.
func (t Target) KeepsExisting() bool { return t.Keeps != "" && !t.IsContentTag() }

// PlatformName is the name of the job's product: the image, or one platform of it.
func (t Target) PlatformName(isPart bool) string {
	if isPart {
		return t.Name + "@" + schema.Arch(t.Platform)
	}
	return t.Name
}

// Target reads which image the job is about.
func (r *Reader) Target() Target {
	registry := r.ProjectRegistry()
	suffix := r.Getenv(schema.VarRepoSuffix)
	if suffix == "" {
		suffix = r.Required(schema.VarDistributionName, "name the distribution, or set "+schema.VarRepoSuffix) + "/" + r.distributionVersion()
	}
	t := Target{
		Name: r.Getenv(schema.VarImage), Suffix: strings.Trim(suffix, "/"), Snapshot: r.snapshot(), Inputs: r.Getenv(schema.VarInputs),
		Platform: r.Getenv(schema.VarDistributionPlatform), IsCompiled: r.Getenv(schema.VarImage) != "",
	}
	t.Keeps = keepsTags(r.Getenv, t.IsCompiled)
	t.Tag = r.tag(t.Snapshot)
	if t.Name == "" {
		t.Name = suffix
	}
	if registry == "" {
		return t
	}
	var err error
	if t.Repository, err = oci.ParseRepository(registry + "/" + t.Suffix); err != nil {
		r.Fail("%s is %q: %w", schema.VarRepoSuffix, suffix, err)
	}
	return t
}

// tag reads the tag of the image, with the end that it has in a snapshot.
func (r *Reader) tag(snapshot string) schema.Tag {
	text := r.Required(schema.VarDistributionTag, "it is the tag of the image")
	if text == "" {
		return schema.Tag{}
	}
	tag := r.Tag(schema.VarDistributionTag, text)
	if len(text+snapshot) > schema.MaxTag && !tag.IsZero() {
		r.Fail("%s is too long for a snapshot, which adds %s: a tag has at most %d characters", schema.VarDistributionTag, snapshot, schema.MaxTag)
	}
	return schema.TagOf(tag.String() + snapshot)
}

// distributionVersion is the version in the path of an image that has no suffix of its own.
func (r *Reader) distributionVersion() string {
	recipe, ok := r.Recipes().Recipe(r.Getenv(schema.VarDistributionName))
	version := recipe.ImageVersion(r.Getenv(schema.VarDistributionVersion))
	if ok && version == "" {
		r.FailWithoutVersion(recipe)
	}
	return version
}

// FailWithoutVersion adds the mistake that a job names no version of a distribution without a default one.
func (r *Reader) FailWithoutVersion(recipe schema.Recipe) {
	r.Fail("%s is not set: %s has no default version", schema.VarDistributionVersion, recipe.Name)
}

// keepsTags says which kind of pipeline does not move an existing tag that is written by hand. Whoever may push to any branch could otherwise
// replace an image that protected branches use. Jobs written for ci-templates move their tags there.
func keepsTags(getenv func(string) string, isCompiled bool) string {
	switch {
	case IsOnMergeRequest(getenv):
		return "a merge request"
	case IsUnprotected(getenv) && isCompiled:
		return "an unprotected branch or git tag"
	default:
		return ""
	}
}
