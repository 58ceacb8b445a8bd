package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// blobFile returns the file of a blob: of a layer, a configuration or a manifest.
func (s *Store) blobFile(digest oci.Digest) string {
	return filepath.Join(s.dir, blobsFolder, digest.Hex())
}

// has reports whether the store has a blob. It marks the blob as used, so that the next Sweep leaves it.
func (s *Store) has(digest oci.Digest) bool {
	now := time.Now()
	return os.Chtimes(s.blobFile(digest), now, now) == nil
}

// upload is a blob that a client is sending.
type upload struct {
	file *os.File
	sum  hash.Hash
}

func (s *Store) newUpload() (*upload, error) {
	file, err := os.CreateTemp(filepath.Join(s.dir, uploadsFolder), "blob-")
	if err != nil {
		return nil, err
	}
	return &upload{file, sha256.New()}, nil
}

func (u *upload) add(content io.Reader) error {
	_, err := io.Copy(io.MultiWriter(u.file, u.sum), content)
	return err
}

// size is the number of bytes so far.
func (u *upload) size() int64 {
	size, err := u.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return size
}

// drop removes the upload.
func (u *upload) drop() {
	_ = u.file.Close()
	_ = os.Remove(u.file.Name())
}

// finish makes an upload the blob with a digest, if that is the digest of its content.
func (s *Store) finish(u *upload, digest oci.Digest) error {
	defer u.drop()
	if came := hex.EncodeToString(u.sum.Sum(nil)); came != digest.Hex() {
		return fmt.Errorf("what came has the digest sha256:%s, not %s", came, digest)
	}
	if err := u.file.Close(); err != nil {
		return err
	}
	return os.Rename(u.file.Name(), s.blobFile(digest))
}

// manifest is the part of a manifest or an index that names other blobs.
type manifest struct {
	MediaType string       `json:"mediaType"`
	Config    *descriptor  `json:"config"`
	Layers    []descriptor `json:"layers"`
	Manifests []descriptor `json:"manifests"`
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
}

// names are the digests of all parts of a manifest.
func (m manifest) names() ([]oci.Digest, error) {
	all := append(append([]descriptor{}, m.Layers...), m.Manifests...)
	if m.Config != nil {
		all = append(all, *m.Config)
	}
	digests := make([]oci.Digest, len(all))
	for i, d := range all {
		var err error
		if digests[i], err = oci.ParseDigest(d.Digest); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

// mediaType is the media type of the manifest, which manifests of the OCI may leave out.
func (m manifest) mediaType() string {
	switch {
	case m.MediaType != "":
		return m.MediaType
	case m.Manifests != nil:
		return "application/vnd.oci.image.index.v1+json"
	default:
		return "application/vnd.oci.image.manifest.v1+json"
	}
}

// putManifest stores a manifest if the store has all of its parts, and sets the tag unless it is zero.
func (s *Store) putManifest(repository string, tag schema.Tag, content []byte) (oci.Digest, error) {
	var m manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return oci.Digest{}, fmt.Errorf("it is no manifest: %w", err)
	}
	parts, err := m.names()
	if err != nil {
		return oci.Digest{}, err
	}
	for _, part := range parts {
		if !s.has(part) {
			return oci.Digest{}, fmt.Errorf("%s is not there", part)
		}
	}
	digest := schema.DigestOf(sha256.Sum256(content))
	err = writeWhole(s.blobFile(digest), content)
	if err == nil && !tag.IsZero() {
		err = writeWhole(s.tagFile(repository, tag), []byte(digest.String()))
	}
	return digest, err
}

// IsIndex reports whether a digest names an image for several platforms.
func (s *Store) IsIndex(digest oci.Digest) bool {
	_, m, err := s.readManifest(digest)
	return err == nil && m.Manifests != nil
}

// readManifest returns a manifest, as its bytes and parsed; the error is fs.ErrNotExist if there is none.
func (s *Store) readManifest(digest oci.Digest) (content []byte, m manifest, err error) {
	if digest.IsZero() {
		return nil, m, fs.ErrNotExist
	}
	if content, err = os.ReadFile(s.blobFile(digest)); err != nil {
		return nil, m, err
	}
	if json.Unmarshal(content, &m) != nil || m.Config == nil && m.Manifests == nil {
		return nil, m, errors.Join(fs.ErrNotExist, fmt.Errorf("%s is no manifest", digest))
	}
	return content, m, nil
}
