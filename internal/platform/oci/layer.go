package oci

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// compressedLayer is a new layer. Its file is compressed once, to another file next to it.
type compressedLayer struct {
	content, file     string
	digest, contentOf v1.Hash
	size              int64
	mediaType         types.MediaType
}

// compress compresses a file that is named after the digest of its content.
func (c Compression) compress(file string, content v1.Hash, mediaType types.MediaType) (v1.Layer, error) {
	source, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	target, err := os.Create(file + ".compressed")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	err = c.copy(io.MultiWriter(target, sum), source)
	if err = cmp.Or(err, target.Close()); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	info, err := os.Stat(target.Name())
	if err != nil {
		return nil, err
	}
	return &compressedLayer{
		content: file, file: target.Name(), contentOf: content, size: info.Size(), mediaType: mediaType,
		digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))},
	}, nil
}

// Digest implements v1.Layer.
func (l *compressedLayer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID implements v1.Layer.
func (l *compressedLayer) DiffID() (v1.Hash, error) { return l.contentOf, nil }

// Compressed implements v1.Layer.
func (l *compressedLayer) Compressed() (io.ReadCloser, error) { return os.Open(l.file) }

// Uncompressed implements v1.Layer.
func (l *compressedLayer) Uncompressed() (io.ReadCloser, error) { return os.Open(l.content) }

// Size implements v1.Layer.
func (l *compressedLayer) Size() (int64, error) { return l.size, nil }

// MediaType implements v1.Layer.
func (l *compressedLayer) MediaType() (types.MediaType, error) { return l.mediaType, nil }
