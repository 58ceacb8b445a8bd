package build

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// layerCache returns the repositories that cache the layers of a Containerfile. Each branch writes its own, since anyone may push to some
// branches. All branches read that of the default branch.
func (r reader) layerCache(j *buildJob) buildah.LayerCache {
	if r.Getenv(schema.VarBuildCache) == "" {
		return buildah.LayerCache{}
	}
	place := func(branch string) string {
		return r.Repository(schema.VarBuildCache, strings.ToLower(r.Getenv("CI_REGISTRY_IMAGE"))+"/cache/"+branch).String()
	}
	name, preset := r.Required("CI_COMMIT_REF_SLUG", "it names the branch whose layers are kept"), slug(r.Getenv("CI_DEFAULT_BRANCH"))
	if name == preset && r.Getenv("CI_COMMIT_BRANCH") != r.Getenv("CI_DEFAULT_BRANCH") {
		name += "_other" // a tag, or another branch with the same slug, such as Main; no slug has an underscore
	}
	own := place(name)
	cache := buildah.LayerCache{To: own}
	if j.Force != "" {
		return cache // a forced build reads no layers
	}
	cache.From = []string{own}
	if preset != "" && preset != name {
		cache.From = append(cache.From, place(preset))
	}
	return cache
}

// kept is the layer cache; none if the history of layers may show the password of a proxy.
func (b *builder) kept(cache buildah.LayerCache, proxy string) buildah.LayerCache {
	if cache.To == "" || !strings.Contains(proxy, "@") {
		return cache
	}
	b.Log.Printf("Warning: no layers are kept: the proxy of the build has a password, which the history of a layer may show.")
	return buildah.LayerCache{}
}

var notInSlug = pattern.Lazy(`[^a-z0-9]`)

// slug is the name of a branch as GitLab has it in CI_COMMIT_REF_SLUG, https://docs.gitlab.com/ci/variables/predefined_variables/.
func slug(branch string) string {
	written := notInSlug().ReplaceAllString(strings.ToLower(branch), "-")
	return strings.Trim(written[:min(len(written), 63)], "-")
}

var secretID = pattern.Lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// arguments rejects values that buildah would split into several, or that a package manager would take for an option. The schema rejects
// them in definitions, but not in jobs written by hand.
func (r reader) arguments(j *buildJob) {
	for _, secret := range j.Secrets {
		if !jobenv.IsName(secretID, secret.ID) { // buildah reads "id=ID,src=FILE"
			r.Fail("%s: %q is no id of a secret: it has letters, digits, '_', '.' and '-'", schema.VarSecrets, secret.ID)
		}
	}
	if c := j.Image.Containerfile; c != nil {
		for name := range c.Folders {
			r.contextName(schema.VarFolders, name)
		}
	}
	for _, p := range j.Parents {
		for _, alias := range p.Aliases {
			r.contextName(schema.VarContexts, alias)
		}
	}
	for _, name := range j.Image.Packages {
		if j.IsCompiled && strings.HasPrefix(name, "-") { // a list written by hand may hold options, as with ci-templates
			r.Fail("%s: %q is an option and no package", schema.VarDistributionPackages, name)
		}
	}
}

// contextName rejects a name that buildah would misread in "NAME=VALUE".
func (r reader) contextName(variable, name string) {
	if name == "" || strings.Contains(name, "=") {
		r.Fail("%s: %q is no name of a context: it is not empty, and has no '='", variable, name)
	}
}
