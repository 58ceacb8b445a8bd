package oci

import (
	"fmt"
	"strconv"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Compression is how layers are compressed; the zero Compression is gzip's default.
type Compression struct {
	zstd bool
	// level is zero for the format's default.
	level int
}

// ParseCompression reads a format, "gzip" or "zstd", and a level; both may be empty.
func ParseCompression(format, level string) (Compression, error) {
	var c Compression
	most := 9
	switch format {
	case "", "gzip":
	case "zstd":
		c.zstd, most = true, 22
	default:
		return c, fmt.Errorf("%q is no compression: it may be gzip or zstd", format)
	}
	if level == "" {
		return c, nil
	}
	number, err := strconv.Atoi(level)
	if err != nil || number < 1 || number > most {
		return Compression{}, fmt.Errorf("%q is no level: it may be 1 to %d", level, most)
	}
	c.level = number
	return c, nil
}

// IsZstd reports whether layers are compressed with zstd, which only OCI's manifests know.
func (c Compression) IsZstd() bool { return c.zstd }

func (c Compression) options(layer types.MediaType) []tarball.LayerOption {
	options := []tarball.LayerOption{tarball.WithMediaType(c.mediaType(layer, false))}
	if c.zstd {
		options = append(options, tarball.WithCompression(compression.ZStd))
	}
	if c.level > 0 {
		options = append(options, tarball.WithCompressionLevel(c.level))
	}
	return options
}

// mediaType is that of a layer; a parent's is as it was.
func (c Compression) mediaType(layer types.MediaType, isParents bool) types.MediaType {
	if c.zstd && !isParents {
		return types.OCILayerZStd
	}
	return layer
}
