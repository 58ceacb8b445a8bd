package job

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// check looks at the layers of an image, which the registry lists.
func (v *verification) check(ctx context.Context, image oci.Reference, checks schema.Checks) error {
	if checks == (schema.Checks{}) {
		return nil
	}
	layers, err := v.Registry.Layers(ctx, image, v.platform)
	if err != nil {
		return err
	}
	if checks.MaxSize > 0 {
		var size int64
		for _, layer := range layers {
			size += layer.Size
		}
		result := report.TestResult{Name: "maxSize", Output: fmt.Sprintf("its layers have %d bytes", size)}
		if size > checks.MaxSize {
			result.Failure = fmt.Sprintf("its compressed layers have %d bytes, and may have %d", size, checks.MaxSize)
		}
		v.note(result)
	}
	if checks.OCILayers {
		result := report.TestResult{Name: "ociLayers"}
		for _, layer := range layers {
			if !strings.HasPrefix(layer.MediaType, "application/vnd.oci.image.layer.v1.tar") && !strings.HasPrefix(layer.MediaType, "application/vnd.docker.image.rootfs.diff.tar") {
				result.Failure = fmt.Sprintf("its layer %s is %s, and not a tar archive", layer.Digest, layer.MediaType)
			}
		}
		v.note(result)
	}
	return nil
}
