package content

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Set has files of a project, which may be inputs of several images.
type Set struct {
	// Paths are sorted. They are shared and must not be changed.
	Paths []string

	files *Files
	// stream is what the sum is taken of; the part of Paths[i] ends at ends[i].
	stream []byte
	ends   []int
	// sums are by the files that they are without.
	sums map[string]string
	// behind is nil until it is asked for.
	behind []string
}

// Sum returns the hex SHA-256 over the files, except those in without. A symbolic link counts as the path it holds and,
// where that is a file of the project, as its content. Nothing outside of the project is ever read.
func (s *Set) Sum(without []string) (string, error) {
	if err := s.prepare(); err != nil {
		return "", err
	}
	var skipped []int
	for _, path := range without {
		if i, ok := slices.BinarySearch(s.Paths, path); ok {
			skipped = append(skipped, i)
		}
	}
	slices.Sort(skipped)
	skipped = slices.Compact(skipped)
	key := s.key(skipped)
	if known, ok := s.sums[key]; ok {
		return known, nil
	}
	total, from := sha256.New(), 0
	for _, i := range skipped {
		total.Write(s.stream[from:s.begin(i)])
		from = s.ends[i]
	}
	total.Write(s.stream[from:])
	s.sums[key] = hex.EncodeToString(total.Sum(nil))
	return s.sums[key], nil
}

// Each returns a hash of each file in hex, with its kind: two files with the same hash are the same file to a build.
func (s *Set) Each() (map[string]string, error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}
	sums := make(map[string]string, len(s.Paths))
	for i, path := range s.Paths {
		sums[path] = hex.EncodeToString(s.stream[s.ends[i]-sha256.Size-1 : s.ends[i]])
	}
	return sums, nil
}

// prepare reads the files.
func (s *Set) prepare() error {
	if s.sums != nil {
		return nil
	}
	var stream bytes.Buffer
	ends := make([]int, len(s.Paths))
	for i, path := range s.Paths {
		l, err := s.files.leaf(path)
		if err != nil {
			return err
		}
		writeFramed(&stream, []byte(path))
		stream.WriteByte(l.kind)
		stream.Write(l.sum[:])
		ends[i] = stream.Len()
	}
	s.stream, s.ends, s.sums = stream.Bytes(), ends, map[string]string{}
	return nil
}

func (s *Set) begin(i int) int {
	if i == 0 {
		return 0
	}
	return s.ends[i-1]
}

// key names the files at some indexes.
func (s *Set) key(indexes []int) string {
	names := make([]string, len(indexes))
	for i, index := range indexes {
		names[i] = s.Paths[index]
	}
	return strings.Join(names, "\x00")
}

// Behind returns the paths that the symbolic links among the files lead over, as far as they are not in the set themselves.
func (s *Set) Behind() []string {
	if s.behind != nil {
		return s.behind
	}
	s.behind = []string{}
	for _, name := range s.Paths {
		passed, err := behind(s.files.fsys, name)
		if err != nil {
			continue // the link has been read before: it leads to nothing of the project
		}
		for _, path := range passed {
			if _, known := slices.BinarySearch(s.Paths, path); !known {
				s.behind = append(s.behind, path)
			}
		}
	}
	return s.behind
}
