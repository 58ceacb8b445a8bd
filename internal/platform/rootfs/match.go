package rootfs

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// matcher collects the files that match patterns.
type matcher struct {
	root *node
	// scanned are the patterns with which the layers were read. missing are others, to which links lead.
	scanned, missing []string
	files            []File
	// seen has the real paths of files.
	seen map[string]bool
}

// match returns the files that match patterns, and the patterns with which the layers must be read, too.
func (n *node) match(wanted, scanned []string) ([]File, []string, error) {
	m := matcher{root: n, scanned: scanned, seen: map[string]bool{}}
	for _, pattern := range wanted {
		if err := m.glob("", "", split(pattern), strings.HasSuffix(pattern, "/")); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(m.files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return m.files, m.missing, nil
}

// glob adds what matches the rest of a pattern in a folder. name is the folder's path as it is wanted, and real its path without links.
func (m *matcher) glob(name, real string, rest []string, wantsFolder bool) error {
	star := slices.Index(rest, "*")
	literal, rest := rest, nil
	if star >= 0 {
		literal, rest = literal[:star], literal[star:]
	}
	name, real = path.Join(name, path.Join(literal...)), path.Join(real, path.Join(literal...))
	place := m.root.walk(real)
	if place.isEndless {
		return nil // no program can open it
	}
	if place.real != real {
		m.miss(path.Join(place.real, path.Join(rest...)), wantsFolder)
	}
	if star < 0 {
		return m.take(name, place, wantsFolder)
	}
	if place.node == nil {
		return nil
	}
	for _, child := range slices.Sorted(maps.Keys(place.node.children)) {
		if err := m.glob(name, place.real, slices.Concat([]string{child}, rest[1:]), wantsFolder); err != nil {
			return err
		}
	}
	return nil
}

// miss adds a pattern unless the layers were read with it.
func (m *matcher) miss(pattern string, wantsFolder bool) {
	if wantsFolder {
		pattern += "/"
	}
	if !slices.Contains(m.scanned, pattern) && !slices.Contains(m.missing, pattern) {
		m.missing = append(m.missing, pattern)
	}
}

// maxMissing is how many links may lead to files that were not kept.
const maxMissing = 100

// take adds what is at a place.
func (m *matcher) take(name string, at place, wantsFolder bool) error {
	node := at.node
	switch {
	case len(m.missing) > maxMissing:
		return fmt.Errorf("links lead to more than %d other files", maxMissing)
	case node == nil || m.seen[at.real]:
	case node.kind == kindHardlink && slices.Contains(m.scanned, node.target):
		return fmt.Errorf("%s is a hard link to %s, which does not exist", name, node.target)
	case node.kind == kindHardlink:
		m.miss(node.target, false)
	case node.kind == kindFile && !wantsFolder, node.kind == kindFolder && wantsFolder:
		m.seen[at.real] = true
		m.files = append(m.files, File{Path: name, Real: at.real, IsFolder: wantsFolder, Content: node.content})
	}
	return nil
}
