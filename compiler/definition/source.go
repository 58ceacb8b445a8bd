package definition

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Name is the name of a source in the lock: its project or address, and its ref.
func (s Source) Name() string {
	name := s.URL
	if s.Project != "" {
		name = s.Project
	}
	if s.Ref == "" {
		return name + "@HEAD"
	}
	return name + "@" + s.Ref
}

// Commit returns the commit that the source itself names, or nothing.
func (s Source) Commit() string {
	if len(s.Ref) != 40 && len(s.Ref) != 64 || strings.Trim(s.Ref, "0123456789abcdef") != "" {
		return ""
	}
	return s.Ref
}

func (l *loader) sources(n *tree.Node) []Source {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	var out []Source
	for _, item := range n.Items {
		source := Source{Project: text(item.Get("project")).Value, URL: text(item.Get("url")).Value, Ref: text(item.Get("ref")).Value, Path: l.path(item.Get("path"))}
		isOnePlace := (item.Get("project") == nil) != (item.Get("url") == nil)
		if !isOnePlace {
			l.found.Errorf(diagnostic.ConflictingKeys, item.Span, "a source has either project or url, not both").
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

// parents reads the images that the definition names for a Containerfile.
// contexts reads the folders that the definition names for a Containerfile. No name may mean both an image and a folder.
func (l *loader) contexts(image *tree.Node) []Folder {
	n := image.Get("contexts")
	if n == nil || n.Kind != tree.Map {
		return nil
	}
	var out []Folder
	for _, field := range n.Fields {
		if parents := image.Get("parents"); parents.Get(field.Name) != nil {
			l.found.Errorf(diagnostic.DuplicateKey, field.Span, "%s is an image and a folder", diagnostic.Quote(field.Name)).
				WithNote(parents.FieldSpan(field.Name), "the image").WithHint("give one of them another name").WithKey("contexts." + field.Name)
		} else if folder := l.path(field.Value); folder.Present() {
			folder.Value = path.Clean(folder.Value)
			out = append(out, Folder{Name: field.Name, Span: field.Span, Path: folder})
		}
	}
	return out
}

func (l *loader) parents(n *tree.Node) []NamedBase {
	if n == nil || n.Kind != tree.Map {
		return nil
	}
	out := make([]NamedBase, 0, len(n.Fields))
	for _, field := range n.Fields {
		if base := l.base(field.Value); !base.isNone() {
			out = append(out, NamedBase{Name: field.Name, Span: field.Span, Base: base})
		}
	}
	return out
}
