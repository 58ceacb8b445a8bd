package build

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/schema"
)

// layerCache is where the layers of a Containerfile are kept: one repository for each branch, so that what a branch that anyone may
// push to leaves there reaches no other. The default branch's is read by all.
func (r reader) layerCache(j *buildJob) buildah.LayerCache {
	if r.Getenv(schema.VarBuildCache) == "" {
		return buildah.LayerCache{}
	}
	place := func(branch string) string {
		return r.Repository(schema.VarBuildCache, strings.ToLower(r.Getenv("CI_REGISTRY_IMAGE"))+"/cache/"+branch).String()
	}
	name, preset := r.Required("CI_COMMIT_REF_SLUG", "it names the branch whose layers are kept"), slug(r.Getenv("CI_DEFAULT_BRANCH"))
	if name == preset && r.Getenv("CI_COMMIT_BRANCH") != r.Getenv("CI_DEFAULT_BRANCH") {
		name += "_other" // a tag or a branch that is only written like it, Main for main; no slug has an underscore
	}
	own := place(name)
	cache := buildah.LayerCache{To: own}
	if j.Force != "" {
		return cache // what is forced is built anew
	}
	cache.From = []string{own}
	if preset != "" && preset != name {
		cache.From = append(cache.From, place(preset))
	}
	return cache
}

// kept is where layers are kept: nowhere where their history may show the password of a proxy.
func (b *builder) kept(cache buildah.LayerCache, proxy string) buildah.LayerCache {
	if cache.To == "" || !strings.Contains(proxy, "@") {
		return cache
	}
	b.Log.Printf("Warning: no layers are kept: the proxy of the build has a password, which the history of a layer may show.")
	return buildah.LayerCache{}
}

var notInSlug = jobenv.Lazy(`[^a-z0-9]`)

// slug is how GitLab writes a branch in CI_COMMIT_REF_SLUG, https://docs.gitlab.com/ci/variables/predefined_variables/.
func slug(branch string) string {
	written := notInSlug().ReplaceAllString(strings.ToLower(branch), "-")
	return strings.Trim(written[:min(len(written), 63)], "-")
}
