package resolved

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Tree returns the value with the user's places: that of the value if the user wrote it, else that of the image's name.
func (v Value) Tree() *tree.Node { return node(reflect.ValueOf(v), places{around: v.span}) }

// places finds the places of a value and of the values in it.
type places struct {
	// declared is the part of the definition that has the value, or nil.
	declared *tree.Node
	// around is the place of values that are not declared.
	around diagnostic.Span
	// user is the place of the field `user` if a Containerfile has it, and not the definition.
	user diagnostic.Span
}

// renamed are the paths in a definition of fields of an image that have another name there.
var renamed = map[string][]string{"buildEnv": {"build", "env"}, "published": {"publish"}, "secrets": {"build", "secrets"}}

// field returns the places in a field.
func (p places) field(name string) places {
	declared := p.declared.Get(name)
	for i, key := range renamed[name] {
		if i == 0 {
			declared = p.declared
		}
		declared = declared.Get(key)
	}
	if name == "user" {
		p.around = cmp.Or(p.user, p.around)
	}
	return places{declared: declared, around: p.around}
}

// name returns the place of a field's name.
func (p places) name(name string) diagnostic.Span {
	if p.declared.Get(name) != nil {
		return p.declared.FieldSpan(name)
	}
	return p.field(name).around
}

// item returns the places in an item of a list, or in an entry of a map whose names are the list.
func (p places) item(i int, text string) places {
	if p.declared != nil && i < len(p.declared.Items) {
		return places{declared: p.declared.Items[i], around: p.declared.Items[i].Span}
	}
	return places{around: p.name(text)}
}

func (p places) own() diagnostic.Span {
	if p.declared != nil {
		return p.declared.Span
	}
	return p.around
}

// placed is a value with places of its own.
type placed interface{ places(around places) places }

func (i Image) places(places) places {
	return places{declared: i.declared, around: i.span, user: i.userSpan}
}

func (p Parent) places(around places) places { return places{around: cmp.Or(p.span, around.around)} }

func (c Command) places(around places) places { return places{around: cmp.Or(c.span, around.around)} }
func (e Exception) places(places) places      { return places{around: e.span} }

// node returns a value as encoding/json would print it, with places.
func node(v reflect.Value, at places) *tree.Node {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if own, ok := v.Interface().(placed); ok {
		at = own.places(at)
	}
	n := &tree.Node{Span: at.own()}
	switch v.Kind() {
	case reflect.Struct:
		n.Kind = tree.Map
		structure(n, v, at)
	case reflect.Map:
		n.Kind = tree.Map
		entries(n, v, at)
	case reflect.Slice:
		n.Kind = tree.List
		for i := range v.Len() {
			item := v.Index(i)
			n.Items = append(n.Items, node(item, at.item(i, item.String())))
		}
	case reflect.Bool:
		n.Kind, n.Text = tree.Bool, strconv.FormatBool(v.Bool())
	case reflect.String:
		n.Kind, n.Text = tree.String, v.String()
	default:
		n.Kind, n.Text = tree.Int, strconv.FormatInt(v.Int(), 10)
	}
	return n
}

// structure adds the exported fields of a struct, without those that are left out when they are empty.
func structure(n *tree.Node, v reflect.Value, at places) {
	for field, value := range v.Fields() {
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || option == "omitempty" && value.IsZero() {
			continue
		}
		n.Fields = append(n.Fields, tree.Field{Name: name, Span: at.name(name), Value: node(value, at.field(name))})
	}
}

func entries(n *tree.Node, v reflect.Value, at places) {
	for _, key := range v.MapKeys() {
		name := key.String()
		entry := tree.Field{Name: name, Span: at.name(name), Value: node(v.MapIndex(key), at.field(name))}
		if image, ok := v.MapIndex(key).Interface().(*Image); ok {
			entry.Span = image.span
		}
		n.Fields = append(n.Fields, entry)
	}
	slices.SortFunc(n.Fields, func(a, b tree.Field) int { return strings.Compare(a.Name, b.Name) })
}
