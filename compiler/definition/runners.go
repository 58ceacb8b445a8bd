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

func runners(n *tree.Node) Runners {
	if n == nil || n.Kind != tree.Map {
		return Runners{}
	}
	r := Runners{byPlatform: make(map[Platform][]string, len(n.Fields))}
	for _, field := range n.Fields {
		tags := values(texts(field.Value))
		if field.Name == defaultRunners {
			r.others = tags
		} else {
			r.byPlatform[Platform(field.Name)] = tags
		}
	}
	return r
}
