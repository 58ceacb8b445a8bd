package bakefiles

import (
	"maps"
	"slices"
)

// refusals are keys without which a build is another; a target that has one is no image.
var refusals = map[string]string{
	"ssh":  "a build has no SSH agent",
	"call": "it checks, and makes no image", "privileged": "a build has no privileges", "entitlements": "a build has no privileges",
}

// losses are keys that have no counterpart, and do not change what is built.
var losses = map[string]string{
	"annotations": "an image has labels, and no annotations", "attest": "builds make no attestations", "provenance": "builds make no attestations",
	"sbom": "builds make no attestations", "network": "builds have the network of their job", "extra-hosts": "builds know the hosts of their job",
	"extra_hosts": "builds know the hosts of their job", "shm-size": "set it on the runner", "shm_size": "set it on the runner", "ulimits": "set them on the runner",
	"isolation": "set BUILDAH_ISOLATION on the runner", "no-cache-filter": "builds keep no layers unless `build: {cache: true}`",
}

// silent are keys whose effect every build has.
var silent = []string{"no-cache", "no_cache", "pull", "policy"}

// refused looks at the keys that do not say what an image is made of.
func (c *conversion) refused(i *image) {
	for _, key := range slices.Sorted(maps.Keys(i.Others)) {
		other := i.Others[key]
		switch {
		case other.IsEmpty || slices.Contains(silent, key):
		case refusals[key] != "":
			c.leaveOut(i, "%s: %s", key, refusals[key])
		case slices.Contains([]string{"cache-from", "cache-to", "cache_from", "cache_to"}, key):
			i.build().Cache = true
			c.looks.Add(other.At, key, "layers are kept in the project's own registry instead", i.Name)
		case losses[key] != "":
			c.lost.Add(other.At, key, losses[key], i.Name)
		default:
			c.lost.Add(other.At, key, "it is not known", i.Name)
		}
	}
}
