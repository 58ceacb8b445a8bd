// Package store keeps finished images in a folder of this machine until they are published, and serves them as a registry. Each has the
// reference that it will have in its own registry.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Store is a folder of images. Several processes may use it at once: its files are complete, and are replaced as a whole.
type Store struct {
	// dir has the folders blobs, tags, marks, uploads and locks.
	dir string
}

// Open opens a store, and makes the folder if it does not exist.
func Open(dir string) (*Store, error) {
	for _, part := range []string{blobsFolder, tagsFolder, marksFolder, uploadsFolder, locksFolder} {
		if err := os.MkdirAll(filepath.Join(dir, part), 0o700); err != nil {
			return nil, fmt.Errorf("make the folder for images: %w", err)
		}
	}
	return &Store{dir: dir}, nil
}

const (
	blobsFolder   = "blobs"
	tagsFolder    = "tags"
	marksFolder   = "marks"
	uploadsFolder = "uploads"
	locksFolder   = "locks"
	// own is the folder with the tags of a repository. No part of a repository's name begins with an underscore.
	own = "_tags"
)

// Resolve returns the digest that a tag names; it is zero if the tag does not exist.
func (s *Store) Resolve(ref oci.Reference) (oci.Digest, error) {
	return s.resolve(pathOf(ref.Repository()), ref.Tag())
}

func (s *Store) resolve(repository string, tag schema.Tag) (oci.Digest, error) {
	content, err := os.ReadFile(s.tagFile(repository, tag))
	if errors.Is(err, fs.ErrNotExist) {
		return oci.Digest{}, nil
	}
	if err != nil {
		return oci.Digest{}, fmt.Errorf("look for an image on this machine: %w", err)
	}
	digest, err := oci.ParseDigest(string(content))
	if err != nil || !s.has(digest) {
		return oci.Digest{}, nil //nolint:nilerr // the image was removed
	}
	return digest, nil
}

// Tags returns the tags of a repository, sorted.
func (s *Store) Tags(repo oci.Repository) ([]schema.Tag, error) {
	entries, err := os.ReadDir(filepath.Dir(s.tagFile(pathOf(repo), schema.Latest)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the images on this machine: %w", err)
	}
	tags := make([]schema.Tag, 0, len(entries))
	for _, entry := range entries {
		if tag, err := schema.ParseTag(entry.Name()); err == nil {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// Repositories returns all repositories that have tags, sorted.
func (s *Store) Repositories() ([]oci.Repository, error) {
	var found []oci.Repository
	err := fs.WalkDir(os.DirFS(filepath.Join(s.dir, tagsFolder)), ".", func(path string, entry fs.DirEntry, err error) error {
		repository, ok := strings.CutSuffix(path, "/"+own)
		if err != nil || !ok || !entry.IsDir() {
			return err
		}
		parsed, err := oci.ParseRepository(referenceOf(repository))
		if err == nil {
			found = append(found, parsed)
		}
		return nil // other folders do not matter
	})
	if err != nil {
		return nil, fmt.Errorf("list the images on this machine: %w", err)
	}
	return found, nil
}

// Untag removes a tag. Sweep removes the blobs that no other tag needs.
func (s *Store) Untag(ref oci.Reference) error {
	if err := os.Remove(s.tagFile(pathOf(ref.Repository()), ref.Tag())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s from this machine: %w", ref, err)
	}
	return nil
}

// Mark records a fact about an image, such as that it passed certain tests. What is a valid name of a file.
func (s *Store) Mark(image oci.Digest, what string) error {
	if err := writeWhole(s.markFile(image, what), nil); err != nil {
		return fmt.Errorf("remember that %s is %s: %w", image, what, err)
	}
	return nil
}

// IsMarked reports whether Mark recorded the fact.
func (s *Store) IsMarked(image oci.Digest, what string) bool {
	_, err := os.Stat(s.markFile(image, what))
	return err == nil
}

// Lock gives this process a named lock until it calls unlock. It waits while another process has the lock.
func (s *Store) Lock(ctx context.Context, name string) (unlock func(), err error) {
	type answer struct {
		unlock func()
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(s.dir, locksFolder, fileName(name))).Lock()
		answers <- answer{unlock, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, fmt.Errorf("wait for other runs that are about %s: %w", name, a.err)
		}
		return a.unlock, nil
	case <-ctx.Done():
		go func() {
			if a := <-answers; a.err == nil {
				a.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

func (s *Store) tagFile(repository string, tag schema.Tag) string {
	return filepath.Join(s.dir, tagsFolder, filepath.FromSlash(repository), own, tag.String())
}

func (s *Store) markFile(image oci.Digest, what string) string {
	return filepath.Join(s.dir, marksFolder, image.Hex(), what)
}

// fileName is a name without the slashes and colons of a reference.
func fileName(name string) string { return strings.NewReplacer("/", "_", ":", "_").Replace(name) }

// pathOf returns a repository as a path. The name of a repository has no colon, as a registry with a port does, and no registry has an underscore.
func pathOf(repo oci.Repository) string { return strings.Replace(repo.String(), ":", "_", 1) }

// referenceOf is the inverse of pathOf.
func referenceOf(path string) string {
	registry, rest, _ := strings.Cut(path, "/")
	return strings.Replace(registry, "_", ":", 1) + "/" + rest
}

// partPrefix begins the names of incomplete files. No tag begins with it.
const partPrefix = ".part-"

// writeWhole writes a file and its folder. Other processes see the whole file or none.
func writeWhole(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), partPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }()
	if _, err := part.Write(content); err != nil {
		return errors.Join(err, part.Close())
	}
	if err := part.Close(); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}
