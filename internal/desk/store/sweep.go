package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Sweep removes the blobs that no tag needs and no process has used since a time, and returns how many bytes it freed. A process uses a blob
// shortly before it tags it.
func (s *Store) Sweep(since time.Time) (freed int64, err error) {
	used, err := s.used()
	if err != nil {
		return 0, fmt.Errorf("find the images that are in use: %w", err)
	}
	for _, folder := range []string{blobsFolder, uploadsFolder} {
		n, err := s.sweep(folder, used, since)
		if freed += n; err != nil {
			return freed, fmt.Errorf("remove what no image uses: %w", err)
		}
	}
	marks, err := os.ReadDir(filepath.Join(s.dir, marksFolder))
	for _, mark := range marks {
		if _, gone := os.Stat(filepath.Join(s.dir, blobsFolder, mark.Name())); errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, marksFolder, mark.Name())))
		}
	}
	return freed, err
}

func (s *Store) sweep(folder string, used map[string]bool, since time.Time) (freed int64, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, folder))
	for _, entry := range entries {
		info, gone := entry.Info()
		if gone != nil || used[entry.Name()] || info.ModTime().After(since) {
			continue
		}
		if failed := os.Remove(filepath.Join(s.dir, folder, entry.Name())); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		freed += info.Size()
	}
	return freed, err
}

// used are the names of the blobs of all images that a tag names.
func (s *Store) used() (map[string]bool, error) {
	used := map[string]bool{}
	tags := os.DirFS(filepath.Join(s.dir, tagsFolder))
	err := fs.WalkDir(tags, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tags, file)
		if err != nil {
			return err
		}
		digest, err := oci.ParseDigest(string(content))
		if err != nil {
			return nil //nolint:nilerr // an incomplete file names no image
		}
		s.use(digest, used)
		return nil
	})
	return used, err
}

// use adds a manifest and all its parts. It reads only the parts that a manifest lists as manifests: a layer can have any content.
func (s *Store) use(digest oci.Digest, used map[string]bool) {
	if used[digest.Hex()] {
		return
	}
	used[digest.Hex()] = true
	_, m, err := s.readManifest(digest)
	if err != nil {
		return
	}
	for _, part := range m.Manifests {
		if d, err := oci.ParseDigest(part.Digest); err == nil {
			s.use(d, used)
		}
	}
	m.Manifests = nil
	names, err := m.names()
	if err != nil {
		return
	}
	for _, name := range names {
		used[name.Hex()] = true
	}
}
