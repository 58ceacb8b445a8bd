package definition

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Name is the name of a source in the lock: its project or address, and its ref.
func (s Source) Name() string {
	return cmp.Or(s.Project, s.URL) + "@" + cmp.Or(s.Ref, "HEAD")
}

// Commit returns the commit that the source itself names, or nothing.
func (s Source) Commit() string {
	if len(s.Ref) != 40 && len(s.Ref) != 64 || strings.Trim(s.Ref, "0123456789abcdef") != "" {
		return ""
	}
	return s.Ref
}

// sources returns the sources of an image that each have one place and a folder of their own.
func (l *loader) sources(written []Source) []Source {
	var out []Source
	for _, source := range written {
		isOnePlace := (source.Project == "") != (source.URL == "")
		if !isOnePlace {
			l.found.Errorf(diagnostic.ConflictingKeys, source.Span, "a source has either project or url, not both").
				WithHint("write one of them").WithKey("sources")
		}
		if !source.Path.Present() || strings.Contains(source.URL, "@") {
			continue // reported; and a password is not to be repeated
		}
		folder := path.Clean(source.Path.Value)
		if folder == "." {
			l.found.Errorf(diagnostic.BadValue, source.Path.Span, "a source needs its own folder in the context").
				WithHint("write path: sources/name").WithKey("sources.path")
			continue
		}
		source.Path.Value = folder
		if i := slices.IndexFunc(out, func(other Source) bool { return overlap(other.Path.Value, folder) }); i >= 0 {
			l.found.Errorf(diagnostic.DuplicateKey, source.Path.Span, "two sources have the folder %s", diagnostic.Quote(folder)).
				WithNote(out[i].Path.Span, "the other source").WithHint("give each its own folder").WithKey("sources.path")
		}
		if isOnePlace {
			out = append(out, source)
		}
	}
	return out
}

// overlap reports whether two folders are the same, or one is inside the other.
func overlap(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

// contexts returns the folders that the definition names for a Containerfile, except those whose name also means an image.
func (l *loader) contexts(written Entries[Located[string]], parents *tree.Node) Entries[Located[string]] {
	out := written[:0]
	for _, folder := range written {
		if parents.Get(folder.Name) != nil {
			l.found.Errorf(diagnostic.DuplicateKey, folder.Span, "%s is an image and a folder", diagnostic.Quote(folder.Name)).
				WithNote(parents.FieldSpan(folder.Name), "the image").WithHint("give one of them another name").WithKey("contexts." + folder.Name)
			continue
		}
		folder.Value.Value = path.Clean(folder.Value.Value)
		out = append(out, folder)
	}
	return out
}
