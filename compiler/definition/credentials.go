package definition

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// checkCredentials reports releases to repositories that their credentials may not write to. What one release says about its credentials
// applies to all releases with the same password.
func (l *loader) checkCredentials(images []*Image) {
	limits := map[string]Release{}
	each := func(do func(image *Image, release *Release)) {
		for _, image := range images {
			for i := range image.Release {
				if image.Release[i].Password != "" {
					do(image, &image.Release[i])
				}
			}
		}
	}
	each(func(image *Image, release *Release) {
		first, isLimited := limits[release.Password]
		switch {
		case len(release.Repositories) == 0:
		case !isLimited:
			limits[release.Password] = *release
		case !slices.Equal(first.Repositories, release.Repositories):
			l.found.Errorf(diagnostic.BadValue, release.Span, "the password %s may write to %s here, and to other repositories in another release", release.Password, schema.JoinPatterns(release.Repositories)).
				WithNote(first.Span, "the other release, with %s", schema.JoinPatterns(first.Repositories)).
				WithHint("give both releases the same `repositories`, or give them to one of the two").WithKey(image.Name + ".release.credentials")
		}
	})
	each(func(image *Image, release *Release) {
		limit, isLimited := limits[release.Password]
		if !isLimited {
			return
		}
		release.Repositories = limit.Repositories
		l.checkLimit(image, release, limit)
	})
}

// checkLimit reports a release to a repository that no pattern describes. Only the job knows the registry of the project.
func (l *loader) checkLimit(image *Image, release *Release, limit Release) {
	repository, err := schema.ParseRepository(release.Repository.Value)
	if !release.Repository.Present() || err != nil || schema.MatchesAny(limit.Repositories, repository) {
		return
	}
	finding := l.found.Errorf(diagnostic.BadValue, release.Repository.Span, "the credentials in %s and %s may not write to %s, only to %s", release.Username, release.Password, repository.Explicit(), schema.JoinPatterns(limit.Repositories)).
		WithHint("release to another repository, use other credentials, or add a pattern to `repositories`").WithKey(image.Name + ".release.repository")
	if limit.Span != release.Span {
		finding.WithNote(limit.Span, "the release that says so")
	}
}
