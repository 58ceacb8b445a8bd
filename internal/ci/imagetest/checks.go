package imagetest

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The names that checks have in reports.
const (
	checkMaxSize   = "maxSize"
	checkOCILayers = "ociLayers"
)

// CheckNames are the checks of an image.
func CheckNames(checks schema.Checks) []string {
	var names []string
	if checks.MaxSize > 0 {
		names = append(names, checkMaxSize)
	}
	if checks.OCILayers {
		names = append(names, checkOCILayers)
	}
	return names
}

// Registry lists the layers of images.
type Registry interface {
	Layers(ctx context.Context, at oci.Reference, platform string) ([]oci.Layer, error)
}

// CheckPushed is Check for an image in a registry. It sends no request if there are no checks.
func (s *Session) CheckPushed(ctx context.Context, registry Registry, at oci.Reference, platform string, checks schema.Checks) error {
	if len(CheckNames(checks)) == 0 {
		return nil
	}
	layers, err := registry.Layers(ctx, at, platform)
	if err != nil {
		return err
	}
	s.Check(layers, checks)
	return nil
}

// Check looks at the layers of an image.
func (s *Session) Check(layers []oci.Layer, checks schema.Checks) {
	if checks.MaxSize > 0 {
		size := oci.Size(layers)
		result := report.TestResult{Name: checkMaxSize, Output: fmt.Sprintf("its layers have %d bytes", size)}
		if size > checks.MaxSize {
			result.Failure = fmt.Sprintf("its compressed layers have %d bytes, and may have %d", size, checks.MaxSize)
		}
		s.note(result)
	}
	if checks.OCILayers {
		result := report.TestResult{Name: checkOCILayers}
		for _, layer := range layers {
			if !strings.HasPrefix(layer.MediaType, "application/vnd.oci.image.layer.v1.tar") && !strings.HasPrefix(layer.MediaType, "application/vnd.docker.image.rootfs.diff.tar") {
				result.Failure = fmt.Sprintf("its layer %s is %s, and not a tar archive", layer.Digest, layer.MediaType)
			}
		}
		s.note(result)
	}
}
