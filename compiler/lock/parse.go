package lock

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxSize bounds what is read, in bytes.
const maxSize = 4 << 20

// Load reads the lock of the project in fsys. Without the file nothing is pinned. What is wrong with it goes to found.
func Load(fsys fs.FS, found *diagnostic.List) Lock {
	source, err := fs.ReadFile(fsys, File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Lock{}
	case err != nil:
		found.Errorf(diagnostic.Lock, diagnostic.Span{File: File}, "%s cannot be read: %v", File, err)
		return Lock{}
	}
	return Parse(source, found)
}

// Parse reads a lock. An entry that is not as it should be is left out.
func Parse(source []byte, found *diagnostic.List) Lock {
	r := reader{found: found}
	var document yaml.Node
	if len(source) > maxSize {
		r.fail(nil, "%s is larger than 4 MiB", File)
		return Lock{}
	}
	if !hasValues(source) {
		return Lock{}
	}
	if err := yaml.Load(source, &document, yaml.WithV4Defaults()); err != nil {
		r.syntax(err)
		return Lock{}
	}
	root := &document
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind == 0 {
		return Lock{}
	}
	return r.lock(root)
}

// hasValues reports whether a file has more than comments.
func hasValues(source []byte) bool {
	for line := range bytes.Lines(source) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return true
		}
	}
	return false
}

type reader struct{ found *diagnostic.List }

func (r reader) fail(at *yaml.Node, format string, args ...any) {
	span := diagnostic.Span{File: File}
	if at != nil {
		span = spanOf(at)
	}
	r.found.Errorf(diagnostic.Lock, span, format, args...).WithHint("`stemma lock` writes this file")
}

func spanOf(n *yaml.Node) diagnostic.Span {
	return diagnostic.Span{File: File, Line: n.Line, Column: n.Column, Length: len(n.Value)}
}

func (r reader) syntax(err error) {
	at, message := &yaml.Node{Line: 1, Column: 1}, err.Error()
	var where *yaml.LoadError
	if errors.As(err, &where) {
		at.Line, at.Column, message = max(where.Mark.Line, 1), max(where.Mark.Column, 1), where.Message
	}
	r.fail(at, "%s is not YAML: %s", File, message)
}

func (r reader) lock(root *yaml.Node) Lock {
	lock := Lock{Comment: uncommented(root.HeadComment)}
	if root.Kind != yaml.MappingNode {
		r.fail(root, "%s holds no map", File)
		return lock
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value == "version" && value.Value == "1":
			if lock.Comment == "" {
				lock.Comment = uncommented(key.HeadComment)
			}
		case key.Value == "version":
			r.fail(value, "the lock has version %s, which another version of stemma wrote", diagnostic.Quote(value.Value))
		case key.Value == "parents" && value.Kind == yaml.MappingNode:
			lock.Entries = r.entries(value)
		case key.Value == "sources" && value.Kind == yaml.MappingNode:
			lock.Sources = r.sources(value)
		case key.Value == "modules" && value.Kind == yaml.MappingNode:
			lock.Modules = r.modules(value)
		default:
			r.fail(key, "unknown key %s", diagnostic.Quote(key.Value))
		}
	}
	slices.SortFunc(lock.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(lock.Entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return lock
}

func (r reader) entries(parents *yaml.Node) []Entry {
	var entries []Entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(parents.Content); i += 2 {
		key, value := parents.Content[i], parents.Content[i+1]
		entry := Entry{Name: key.Value, Comment: uncommented(key.HeadComment), Span: spanOf(key)}
		switch {
		case !namePattern().MatchString(key.Value):
			r.fail(key, "%s is not the name of a parent", diagnostic.Quote(key.Value))
		case seen[key.Value]:
			r.fail(key, "%s is pinned twice", diagnostic.Quote(key.Value))
		case value.Kind != yaml.MappingNode:
			r.fail(value, "%s has no digest", diagnostic.Quote(key.Value))
		case r.entry(&entry, value):
			entries = append(entries, entry)
		}
		seen[key.Value] = true
	}
	return entries
}

func (r reader) sources(n *yaml.Node) []Source {
	var sources []Source
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !sourcePattern().MatchString(key.Value):
			r.fail(key, "%s is not the name of a source", diagnostic.Quote(key.Value))
		case slices.ContainsFunc(sources, func(s Source) bool { return s.Name == key.Value }):
			r.fail(key, "%s is pinned twice", diagnostic.Quote(key.Value))
		case !commitPattern().MatchString(value.Value):
			r.fail(value, "%s is not a commit: it is 40 or 64 hex digits", diagnostic.Quote(value.Value))
		default:
			sources = append(sources, Source{Name: key.Value, Commit: value.Value, Span: spanOf(key)})
		}
	}
	return sources
}

func (r reader) modules(n *yaml.Node) []Module {
	var modules []Module
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		_, err := schema.ParseDigest(value.Value)
		switch {
		case !modulePattern().MatchString(key.Value):
			r.fail(key, "%s is not the name of a module", diagnostic.Quote(key.Value))
		case err != nil:
			r.fail(value, "%v", err)
		default:
			modules = append(modules, Module{Name: key.Value, Hash: value.Value})
		}
	}
	return modules
}

func (r reader) entry(entry *Entry, n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value != "newer" {
			continue
		}
		for _, item := range value.Content {
			if sighting, ok := r.sighting(item); ok {
				entry.Newer = append(entry.Newer, sighting)
			}
		}
	}
	var ok bool
	entry.Sighting, ok = r.sighting(n)
	return ok
}

func (r reader) sighting(n *yaml.Node) (Sighting, bool) {
	var s Sighting
	at := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at[n.Content[i].Value] = n.Content[i+1]
	}
	for _, name := range []string{"digest", "firstSeen"} {
		if at[name] == nil {
			r.fail(n, "an entry has no %s", name)
			return s, false
		}
	}
	s.Digest, s.FirstSeen = at["digest"].Value, at["firstSeen"].Value
	_, err := schema.ParseDigest(s.Digest)
	switch {
	case err != nil:
		r.fail(at["digest"], "%v", err)
	case !momentPattern().MatchString(s.FirstSeen):
		r.fail(at["firstSeen"], "%s is not a time such as 2026-11-20T00:00:00Z", diagnostic.Quote(s.FirstSeen))
	default:
		return s, true
	}
	return s, false
}

// uncommented is a comment's text.
func uncommented(comment string) string {
	lines := strings.Split(strings.TrimSpace(comment), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
	}
	return strings.Join(lines, "\n")
}
