package imagejobs

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
	"gitlab.com/stemma-ci/stemma/schema"
)

// release are the places that an image is pushed to. The registry of the project has each image anyway, under its content tag.
func (c *conversion) release(i *image) {
	var ownTags []string
	isPushed := false
	for _, b := range i.builds {
		for _, p := range b.pushed {
			isPushed = true
			repository, tag, _ := imagetool.Cut(p.name)
			if c.isCache(i, p.name) {
				c.looks.Add(p.at, "tag "+tag, "it only kept layers, which `build: {cache: true}` does now", i.made.Name)
				continue
			}
			if place := own(p.name); place != "" {
				ownTags = c.ownTag(i, p, ownTags, place, tag)
				continue
			}
			c.outside(i, p, repository, tag)
		}
	}
	switch {
	case !isPushed:
		i.made.NoRelease = true
		c.looks.Add(i.at(), "release", "no command pushes it, so it is not released", i.made.Name)
	case len(ownTags) == 1 && ownTags[0] == "latest" && len(i.made.Release) == 0:
	case len(ownTags) > 0:
		i.made.Release = append([]importer.Release{{Tags: ownTags}}, i.made.Release...)
	}
}

// isCache reports whether a name is only there for the layers of later builds.
func (c *conversion) isCache(i *image, name string) bool {
	_, tag, _ := imagetool.Cut(name)
	return strings.Contains(tag, "cache") && slices.ContainsFunc(i.builds, func(b *build) bool {
		return slices.ContainsFunc(b.CacheFrom, func(from string) bool { return c.reference(from) == name })
	})
}

// ownTag adds a tag in the registry of the project.
func (c *conversion) ownTag(i *image, p pushed, tags []string, place, tag string) []string {
	if withoutOpen(place) != i.made.Name {
		shown := strings.TrimSuffix("$CI_REGISTRY_IMAGE/"+strings.TrimPrefix(place, "."), "/")
		c.looks.Add(p.at, shown, "the image moves to $CI_REGISTRY_IMAGE/"+i.made.Name+"; a `release` with the repository, written out, keeps it there too", i.made.Name)
	}
	for _, made := range c.tags(i, p, tag) {
		if made != "{tag}" && !slices.Contains(tags, made) {
			tags = append(tags, made)
		}
	}
	return tags
}

// ofCommit matches what tells the images of commits, pipelines and dates apart, as a content tag does.
var ofCommit = regexp.MustCompile(`\$\{CI_(?:COMMIT_(?:SHORT_)?SHA|PIPELINE_I?ID|JOB_ID|COMMIT_BEFORE_SHA|COMMIT_TIMESTAMP|BUILD_ID|BUILD_REF)\b[^}]*\}|\$\((?:git|date|echo)\b[^)]*\)|\$\{(?:COMMIT_SHA|SHA|GIT_SHA|BUILD_ID)\}`)

// ofTag matches the git tag, with or without a change such as `#v`.
var ofTag = regexp.MustCompile(`^v?\$\{CI_COMMIT_TAG[^}]*\}$|^v?\$\{(?:VERSION|RELEASE_VERSION|APP_VERSION|CI_RELEASE)\}$`)

// ofDefault matches the git tag with a default, such as ${CI_COMMIT_TAG:-latest}.
var ofDefault = regexp.MustCompile(`^\$\{CI_COMMIT_TAG:?-["']?(.+?)["']?\}$`)

// tags are those of a release that do what a pushed tag did.
func (c *conversion) tags(i *image, p pushed, tag string) []string {
	_, err := schema.ParseTag(tag)
	switch {
	case err == nil:
		return []string{tag}
	case ofDefault.MatchString(tag):
		rest := dollar.ReplaceAllString(ofDefault.FindStringSubmatch(tag)[1], "$${$1}")
		return append(c.tags(i, p, "${CI_COMMIT_TAG}"), c.tags(i, p, rest)...)
	case ofTag.MatchString(tag) && strings.Contains(tag, "CI_COMMIT_TAG"):
		c.looks.Add(p.at, "$CI_COMMIT_TAG", "it becomes `{version}`: pipelines of git tags such as v1.2.3 set it, and no others", i.made.Name)
		return []string{"{version}"}
	case ofCommit.MatchString(tag):
		return []string{"{tag}"}
	case strings.Contains(tag, "CI_COMMIT_RE") || strings.Contains(tag, "CI_COMMIT_BRANCH") || strings.Contains(tag, "CI_MERGE_REQUEST") || strings.Contains(tag, "CI_BUILD_REF"):
		c.looks.Add(p.at, tag, "branches and merge requests have no tags of their own: jobs use the image by its content tag, see `.fdo.distribution-image@IMAGE`", i.made.Name)
	default:
		c.lost.Add(p.at, "tag "+tag, "only the job knows it: write the tag in `release`", i.made.Name)
	}
	return nil
}

// outside adds a place in another registry.
func (c *conversion) outside(i *image, p pushed, repository, tag string) {
	first, _, isPath := strings.Cut(repository, "/")
	switch {
	case script.IsOpen(repository):
		c.lost.Add(p.at, repository, "only the job knows this repository: write it in `release`", i.made.Name)
		return
	case !isPath:
		repository = "docker.io/library/" + repository
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		repository = "docker.io/" + repository
	}
	repository = importer.LowerCase(repository, p.at, c.report)
	tags := c.tags(i, p, tag)
	switch {
	case !importer.Repository.Takes(repository):
		c.lost.Add(p.at, diagnostic.Quote(repository), "it is not a repository", i.made.Name)
		return
	case len(tags) == 0:
		return
	}
	n := slices.IndexFunc(i.made.Release, func(r importer.Release) bool { return r.Repository == repository })
	if n < 0 {
		n = len(i.made.Release)
		i.made.Release = append(i.made.Release, importer.Release{Repository: repository, Credentials: c.credentials(i, p, repository)})
	}
	for _, made := range tags {
		if !slices.Contains(i.made.Release[n].Tags, made) {
			i.made.Release[n].Tags = append(i.made.Release[n].Tags, made)
		}
	}
}

// variable matches a value that is one variable.
var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// credentials are the variables that the job logs in to the registry with.
func (c *conversion) credentials(i *image, p pushed, repository string) *importer.Credentials {
	registry, _, _ := strings.Cut(repository, "/")
	for _, login := range p.job.logins {
		place := strings.TrimPrefix(strings.TrimPrefix(login.Registry, "https://"), "http://")
		place, _, _ = strings.Cut(place, "/")
		isHub := place == "" || strings.HasSuffix(place, "docker.io")
		if place != registry && (!isHub || registry != "docker.io") {
			continue
		}
		user, password := variable.FindStringSubmatch(login.User), variable.FindStringSubmatch(login.Password)
		if user != nil && password != nil {
			return &importer.Credentials{Username: user[1], Password: password[1]}
		}
	}
	c.looks.Add(p.at, registry, "set `credentials`, the names of the CI variables with the user and the password of the registry", i.made.Name)
	return nil
}
