package schema

import (
	"fmt"
	"strings"
)

// Repository is a repository, with the registry where one is written.
type Repository struct{ registry, path string }

const (
	dockerHub = "docker.io"
	// maxPath is the maximum length of a repository's path, https://github.com/distribution/reference (RepositoryNameTotalLengthMax).
	maxPath = 255
)

// ParseRepository reads "registry/path", or a path alone.
func ParseRepository(text string) (Repository, error) {
	r := Repository{path: text}
	if NamesRegistry(text) {
		r.registry, r.path, _ = strings.Cut(text, "/")
	}
	if r.registry != "" && !isRegistry(r.registry) || len(r.path) > maxPath || !all(r.path, "/", isPathComponent) {
		return Repository{}, fmt.Errorf("%.60q is not a repository: write registry/path in lower case, without a tag", text)
	}
	return r, nil
}

// NamesRegistry reports whether a reference names its registry: the first of several components has a dot or a port, or is localhost.
func NamesRegistry(reference string) bool {
	first, _, isPath := strings.Cut(reference, "/")
	return isPath && (strings.ContainsAny(first, ".:") || first == "localhost")
}

// Registry returns the host and port of the registry, or nothing where none is written.
func (r Repository) Registry() string { return r.registry }

// Path returns the repository without its registry.
func (r Repository) Path() string { return r.path }

// String returns the repository as it was written.
func (r Repository) String() string {
	if r.registry == "" {
		return r.path
	}
	return r.registry + "/" + r.path
}

// Explicit returns the repository with its registry, Docker Hub where none is written. Docker Hub's own images are below library.
func (r Repository) Explicit() Repository {
	if r.registry == "" || r.registry == "index.docker.io" {
		r.registry = dockerHub
	}
	if r.registry == dockerHub && !strings.Contains(r.path, "/") {
		r.path = "library/" + r.path
	}
	return r
}

// Tag returns the reference of a tag in the repository.
func (r Repository) Tag(tag Tag) Reference { return Reference{repository: r, tag: tag} }

// At returns the reference of a digest in the repository.
func (r Repository) At(digest Digest) Reference { return Reference{repository: r, digest: digest} }

// isRegistry reports whether a text is the name or IPv4 address of a host, with a port where wanted.
func isRegistry(text string) bool {
	host, port, hasPort := strings.Cut(text, ":")
	return all(host, ".", isHostLabel) && (!hasPort || port != "" && strings.Trim(port, "0123456789") == "")
}

func isHostLabel(text string) bool {
	return text != "" && text[0] != '-' && text[len(text)-1] != '-' && strings.IndexFunc(text, func(r rune) bool { return !isLetterOrDigit(r) && r != '-' }) < 0
}

// isPathComponent reports whether a text is words of lower-case letters and digits, with a '.', a '_', two '_' or any number of '-' between
// each two.
func isPathComponent(text string) bool {
	isWord := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	for {
		rest := strings.TrimLeftFunc(text, isWord)
		if rest == text {
			return false
		}
		if rest == "" {
			return true
		}
		text = strings.TrimLeft(rest, "._-")
		switch separator := rest[:len(rest)-len(text)]; {
		case separator == ".", separator == "_", separator == "__", separator != "" && strings.Trim(separator, "-") == "":
		default:
			return false
		}
	}
}

// all reports whether all parts of a text have a property.
func all(text, separator string, is func(string) bool) bool {
	for part := range strings.SplitSeq(text, separator) {
		if !is(part) {
			return false
		}
	}
	return true
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
