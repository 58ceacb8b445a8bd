package oci

import (
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Compression is the format and level for layers; the zero Compression is gzip's default.
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
		return c, fmt.Errorf("%q is not a compression: it may be gzip or zstd", format)
	}
	if level == "" {
		return c, nil
	}
	number, err := strconv.Atoi(level)
	if err != nil || number < 1 || number > most {
		return Compression{}, fmt.Errorf("%q is not a level: it may be 1 to %d", level, most)
	}
	c.level = number
	return c, nil
}

// IsZstd reports whether layers are compressed with zstd, which only OCI's manifests support.
func (c Compression) IsZstd() bool { return c.zstd }

// copy compresses what it reads.
func (c Compression) copy(target io.Writer, source io.Reader) error {
	writer, err := c.writer(target)
	if err != nil {
		return err
	}
	if _, err := io.Copy(writer, source); err != nil {
		return err
	}
	return writer.Close()
}

// writer returns a writer that compresses on all processors.
func (c Compression) writer(target io.Writer) (io.WriteCloser, error) {
	if !c.zstd {
		level := c.level
		if level == 0 {
			level = pgzip.DefaultCompression
		}
		return pgzip.NewWriterLevel(target, level)
	}
	level := zstd.SpeedDefault
	if c.level > 0 {
		level = zstd.EncoderLevelFromZstd(c.level)
	}
	return zstd.NewWriter(target, zstd.WithEncoderLevel(level))
}

// mediaType is the media type of a new layer.
func (c Compression) mediaType(isOCI bool) types.MediaType {
	switch {
	case c.zstd:
		return types.OCILayerZStd
	case isOCI:
		return types.OCILayer
	default:
		return types.DockerLayer
	}
}

// translated converts a layer's media type between Docker's manifests and OCI's.
func translated(layer types.MediaType, isOCI bool) types.MediaType {
	names := map[types.MediaType]types.MediaType{types.OCILayer: types.DockerLayer, types.OCIUncompressedLayer: types.DockerUncompressedLayer}
	if isOCI {
		names = map[types.MediaType]types.MediaType{types.DockerLayer: types.OCILayer, types.DockerUncompressedLayer: types.OCIUncompressedLayer}
	}
	if name, ok := names[layer]; ok {
		return name
	}
	return layer
}
