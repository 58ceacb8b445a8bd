package lineage

import "gitlab.com/stemma-ci/stemma/schema"

// ReleaseTargets returns the places that an image is released to: by default the moving tag in its own repository.
func (i *Image) ReleaseTargets() []schema.ReleaseTarget {
	if i.Release == nil {
		return []schema.ReleaseTarget{{Tags: []string{schema.Latest.String()}}}
	}
	targets := make([]schema.ReleaseTarget, len(i.Release))
	for n, release := range i.Release {
		targets[n] = schema.ReleaseTarget{Repository: release.Repository.Value, Username: release.Username, Password: release.Password, Repositories: release.Repositories}
		for _, tag := range release.Tags {
			targets[n].Tags = append(targets[n].Tags, tag.Of(i.Tag).String())
		}
	}
	return targets
}
