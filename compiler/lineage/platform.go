package lineage

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// checkPlatforms reports an image for a platform that one of its parents in the project is not built for.
func (b *builder) checkPlatforms(image *Image) {
	for _, parent := range image.Parents {
		if parent.Image == nil || len(parent.Image.Platforms) == 0 {
			continue
		}
		for _, platform := range image.Platforms {
			if !slices.Contains(parent.Image.Platforms, platform) {
				b.found.Errorf(diagnostic.BadValue, image.Span, "the image %s is built for %s, but its parent %s is not", diagnostic.Quote(image.Name), platform, parent.Image.Name).
					WithHint("add %s to the platforms of %s, or remove it here", platform, parent.Image.Name).WithKey(image.Name + ".platforms")
			}
		}
	}
}
