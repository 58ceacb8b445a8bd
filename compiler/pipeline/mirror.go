package pipeline

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mirrorJobs copy images from outside, on a schedule and where the lock or the list of them changed.
func (c *compilation) mirrorJobs(graph *lineage.Graph) []Job {
	if len(graph.Mirrors) == 0 {
		return nil
	}
	copies := make([]schema.Mirror, len(graph.Mirrors))
	for i, mirror := range graph.Mirrors {
		copies[i] = schema.Mirror{From: pinned(mirror.From.String(), mirror.Digest), Repository: mirror.Repository, Tag: mirror.Tag.String()}
	}
	v := variables{withoutCheckout}
	v.literal(schema.VarMirrors, jsonText(copies))
	custom := ""
	if len(graph.Images) > 0 {
		custom = graph.Images[0].Stages.Build
	}
	return []Job{{
		Name: "mirror-images", Comment: "On a schedule, and where the lock changed: copy images from outside to the project's registry.",
		Extends: sharedName, Stage: stage(custom, "build"), Variables: v, Script: []string{"stemma job mirror"}, Interruptible: Off,
		Rules: []Rule{
			{If: fromSchedule + " && " + onProtected},
			{If: onDefaultBranch + " && " + onProtected, Changes: []string{c.root, lock.File}},
		},
	}}
}

// mirrored are the repositories of an image's parents that the project has copies of, as schema.VarMirrored says.
func (c *compilation) mirrored(image *lineage.Image) string {
	var entries []string
	for _, parent := range image.Parents {
		name, _, _ := strings.Cut(parent.Outside.String(), "@")
		i := slices.IndexFunc(c.mirrors, func(m lineage.Mirror) bool {
			from, _, _ := strings.Cut(m.From.String(), "@")
			return name != "" && from == name
		})
		if i < 0 {
			continue
		}
		repository := name
		if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
			repository = name[:colon]
		}
		entries = append(entries, repository+"="+ownRepository(c.mirrors[i].Repository))
	}
	slices.Sort(entries)
	return strings.Join(slices.Compact(entries), ",")
}
