package shape

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// unknownKey reports a key that a map may not have. It returns the key that was probably meant, or nothing.
func (c check) unknownKey(o *Object, entry *tree.Field, at *path) (meant string) {
	if entry.Value.Kind == tree.Invalid {
		return "" // it has been reported
	}
	isElsewhere := o.isElsewhere(entry)
	meant, ok := o.called(entry.Name)
	if !ok && isElsewhere == "" {
		meant, ok = o.meant(entry.Name)
	}
	if !ok && isElsewhere == "" {
		isElsewhere = o.belowImages(entry)
	}
	d := c.found.Errorf(diagnostic.UnknownKey, entry.Span, "unknown key %s%s", diagnostic.Quote(entry.Name), diagnostic.Suggest(meant, ok)).WithKey(at.key(entry.Name).String())
	switch first, isListed := c.listed[o]; {
	case ok:
	case isElsewhere != "":
		d.WithHint("%s", isElsewhere)
	case isListed:
		d.WithHint("remove it, or use a key that the hint of %s lists", first)
	default:
		c.listed[o] = entry.Span
		d.WithHint("remove it, or use one of the keys here: %s", strings.Join(o.names(), ", "))
	}
	return meant
}

// Has reports whether a definition has a key.
func (*Checker) Has(name, key string) bool { return object(name).field(key) != nil }

// Meant returns the key of a definition that an unknown key was probably meant as; nothing for a key that is known, or like none.
func (*Checker) Meant(name, key string) string {
	o := object(name)
	if o.field(key) != nil {
		return ""
	}
	meant, _ := o.meant(key)
	return meant
}

func (o *Object) meant(key string) (string, bool) {
	if name, ok := o.called(key); ok {
		return name, true
	}
	return diagnostic.Nearest(key, o.names())
}

// called returns the key that the schema, or a variable of ci-templates, calls by a name, whatever its capitals and underscores.
func (o *Object) called(written string) (name string, ok bool) {
	for _, f := range o.Fields {
		if slices.Contains(f.Also, written) {
			return f.Name, true
		}
	}
	for _, f := range o.Fields {
		if plain(written) == plain(f.Name) || slices.ContainsFunc(f.Also, func(also string) bool { return plain(also) == plain(written) }) {
			return f.Name, true
		}
	}
	return "", false
}

// plain is a name without capitals, separators and the prefixes of the variables of ci-templates.
func plain(name string) string {
	name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
	return strings.TrimPrefix(strings.TrimPrefix(name, "fdo"), "distribution")
}

// names are the keys of a closed map, sorted.
func (o *Object) names() []string {
	names := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		names[i] = f.Name
	}
	slices.Sort(names)
	return names
}

// isElsewhere says where an unknown key belongs, if another map of a definition has it; nothing otherwise.
func (o *Object) isElsewhere(entry *tree.Field) string {
	image, defaults := object("Image"), object("Defaults")
	isTop := o.field("images") != nil
	name, isOfImage := image.called(entry.Name)
	switch {
	case isTop && entry.Value.Get("script") != nil:
		return "write jobs in .gitlab-ci.yml"
	case isTop && isImage(entry.Value):
		return ""
	case isTop && defaults.field(entry.Name) != nil:
		return "write `" + entry.Name + "` below an image, or below `defaults` for all images"
	case isTop && isOfImage:
		return "write `" + name + "` below an image"
	case isTop || !isOfImage || o == image:
		return ""
	case o.isLike(defaults):
		return "write `" + name + "` at each image; `defaults` may not have it"
	default:
		return "write `" + name + "` one level higher: it is a key of the image itself"
	}
}

// isImage reports whether a value is a map that says what an image is built from.
func isImage(n *tree.Node) bool {
	return n.Get("distribution") != nil || n.Get("base") != nil || n.Get("containerfile") != nil
}

// belowImages says where an unknown key with the value of an image belongs.
func (o *Object) belowImages(entry *tree.Field) string {
	if o.field("images") == nil || !isImage(entry.Value) {
		return ""
	}
	return "write it below `images` if it is an image"
}

// object returns the map form of a definition of the schema.
func object(name string) *Object {
	s, err := Definition(name)
	if err != nil || s.Object == nil {
		return &Object{}
	}
	return s.Object
}

// isLike reports whether two maps have the same keys.
func (o *Object) isLike(other *Object) bool { return slices.Equal(o.names(), other.names()) }

// describes reports whether a value is a map with a key of a closed map.
func (o *Object) describes(n *tree.Node) bool {
	return slices.ContainsFunc(n.Fields, func(f tree.Field) bool { return o.field(f.Name) != nil })
}

// outdented counts the entries behind the first one that are keys of its empty value, as in an image whose keys are not indented.
func (o *Object) outdented(entries []tree.Field) int {
	if o.Value == nil || o.Value.Object == nil || o.Value.Object.Value != nil || entries[0].Value.Kind != tree.Null {
		return 0
	}
	count := 0
	for _, entry := range entries[1:] {
		if o.Value.Object.field(entry.Name) == nil {
			break
		}
		count++
	}
	return count
}

func (c check) reportOutdented(owner *tree.Field, keys []tree.Field, at *path) {
	d := c.found.Errorf(diagnostic.WrongType, owner.Span, "%s has no keys, because the lines below it are not indented further", diagnostic.Quote(owner.Name)).
		WithHint("indent the keys of %s by two more spaces", owner.Name).WithKey(at.String())
	for i := range keys {
		d.WithNote(keys[i].Span, "a key of %s", owner.Name)
	}
}

// missingKey reports a required key that a map lacks.
func (c check) missingKey(f *Field, n *tree.Node, at *path) {
	d := c.found.Errorf(diagnostic.MissingKey, n.Span, "the key %q is missing", f.Name).WithKey(at.key(f.Name).String())
	switch {
	case f.Shape.Scalar != nil && len(f.Shape.Scalar.Values) == 1:
		d.WithHint("write `%s: %s`", f.Name, f.Shape.Scalar.Values[0])
	case f.Shape.Doc != "":
		d.WithHint("add `%s: …`: %s", f.Name, strings.TrimSuffix(strings.TrimSpace(f.Shape.Doc), "."))
	}
}
