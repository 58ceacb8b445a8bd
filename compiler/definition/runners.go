package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// defaultRunners is the key of the tags that are not for one platform.
const defaultRunners = "default"

// Runners are the runner tags of an image's jobs.
type Runners struct {
	// others are the tags of jobs without a platform, and of platforms without their own tags.
	others     []string
	byPlatform map[Platform][]string
}

// Of returns the tags of the jobs for a platform, or of jobs without one if the platform is empty. Jobs without tags use those of the project.
func (r Runners) Of(platform Platform) []string {
	if tags, ok := r.byPlatform[platform]; ok {
		return tags
	}
	return r.others
}

func (r *Runners) decode(l *loader, n *tree.Node) bool {
	var tags map[Platform][]string
	l.decode(n, &tags)
	r.others = tags[defaultRunners]
	delete(tags, defaultRunners)
	r.byPlatform = tags
	return true
}
