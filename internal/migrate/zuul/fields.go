package zuul

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// entry is an image as a job lists it.
type entry struct {
	at  diagnostic.Span
	run *run
	// repository is the whole name, "docker.io/acme/web"; empty where the image is pushed nowhere. The variable credentials
	// names the secret to push it with.
	repository, credentials string
	// context is the folder that the builder is given, and file the Containerfile, from the project's root.
	context, file string
	target        string
	args          map[string]string
	labels        map[string]string
	platforms     []string
	siblings      []sibling
	tags          tags
	// env are the variables of the builder, and timeout how long it may take.
	env     map[string]string
	timeout string
}

// fields reads the fields of one image.
type fields struct {
	c   *conversion
	run *run
	n   *node
	// isOut says that a field could not be read: the image is left out, and the report or an error says why.
	isOut bool
}

// fields begins to read an image, whose keys are known. Those that the other format alone has are passed over, as Zuul does.
func (c *conversion) fields(r *run, n *node, known, passed []string) *fields {
	f := &fields{c: c, run: r, n: n}
	if n.kind != mapping {
		c.fail(n.at, "an image must be a map")
		f.isOut = true
		return f
	}
	for _, field := range n.fields {
		switch {
		case contains(known, field.key):
		case contains(passed, field.key):
			c.note(field.at, field.key, "images of this list have no such field, and Zuul passes it over")
		default:
			c.fail(field.at, "unknown key %s of an image%s", diagnostic.Quote(field.key), diagnostic.DidYouMean(field.key, known))
			f.isOut = true
		}
	}
	return f
}

// text is a field that is a text; nothing where it is absent.
func (f *fields) text(name string) string {
	n := f.n.get(name)
	if n == nil {
		return ""
	}
	if n.kind != scalar || n.value == nil {
		f.c.fail(n.at, "%s must be text", name)
		f.isOut = true
		return ""
	}
	f.other(n, name)
	text, err := f.run.scope.text(n)
	if isPath := pathFields[name]; isPath {
		text, err = f.run.scope.path(n)
	}
	if err == nil && name == "repository" {
		text = importer.LowerCase(text, n.at, f.c.report)
	}
	switch {
	case err != nil:
		f.leave(n.at, name, fmt.Sprintf("%s: %v", diagnostic.Quote(n.printed()), err))
	case text != "" && !takes(name, text):
		f.c.fail(n.at, "%s is no %s", diagnostic.Quote(text), name)
		f.isOut = true
	}
	return text
}

// takes reports whether a field may have a text, where a builder would not take any.
func takes(field, text string) bool {
	switch field {
	case "repository":
		_, err := schema.ParseRepository(text)
		return err == nil
	case "target":
		return importer.Stage.Takes(text)
	}
	return true
}

// required is a text that must be there.
func (f *fields) required(name string) string {
	if f.n.kind == mapping && f.n.get(name) == nil {
		f.c.fail(f.n.at, "the image has no %s", name)
		f.isOut = true
	}
	return f.text(name)
}

// list are the items of a field that is a list, each with its place.
func (f *fields) list(name string) []item {
	n := f.n.get(name)
	if n == nil {
		return nil
	}
	if text, ok := n.value.(string); n.kind != list && !(ok && isExpression(text)) {
		f.c.fail(n.at, "%s must be a list", name)
		f.isOut = true
		return nil
	}
	all := []*node{n}
	if n.kind == list {
		all = n.items
	}
	var out []item
	for _, one := range all {
		if one.kind != scalar || one.value == nil {
			f.c.fail(one.at, "each of %s must be text", name)
			f.isOut = true
			continue
		}
		f.other(one, name)
		texts, err := f.run.scope.texts(one)
		if err != nil {
			f.c.report.Missing(one.at, name, "%s: %v; it is left out", diagnostic.Quote(one.printed()), err)
			continue
		}
		for _, text := range texts {
			out = append(out, item{text, one.at})
		}
	}
	return out
}

// item is a text of a list.
type item struct {
	text string
	at   diagnostic.Span
}

// leave leaves the image out, and says why.
func (f *fields) leave(at diagnostic.Span, what, why string) {
	f.isOut = true
	f.c.report.Missing(at, what, "%s; the image is left out", why)
}

// tags are the field of this name. Those that have no value here are in the report.
func (f *fields) tags() tags {
	n := f.n.get("tags")
	if n != nil {
		if text, ok := n.value.(string); n.kind == mapping || n.kind == scalar && !(ok && isExpression(text)) {
			f.c.fail(n.at, "tags must be a list")
			f.isOut = true
			return tags{}
		}
	}
	out := f.run.scope.tags(n)
	for _, b := range out.broken {
		f.c.report.Missing(b.at.at, "tags", "%s: %v; the tag is left out", diagnostic.Quote(b.at.printed()), b.err)
	}
	for _, one := range listed(n) {
		f.other(one, "tags")
	}
	for _, tag := range slices.Concat(out.branch, out.version) {
		if _, err := schema.ParseReleaseTag(tag); err != nil {
			f.c.fail(n.at, "%s is no tag", diagnostic.Quote(tag))
			f.isOut = true
		}
	}
	return out
}

// other reports a value that looks like another text in the file.
func (f *fields) other(n *node, name string) {
	if n.isOther() {
		f.c.report.Look(n.at, name, "the file says %s, and without quotes that is %s to Zuul, and here", n.written, n.printed())
	}
}

// labels are the field of this name.
func (f *fields) labels() map[string]string {
	var out map[string]string
	for _, label := range f.list("labels") {
		name, value, _ := strings.Cut(label.text, "=")
		switch {
		case !importer.LabelName.Takes(name):
			f.c.fail(label.at, "the label %s has no name such as org.example.team=web", diagnostic.Quote(label.text))
			f.isOut = true
		case definition.IsReservedLabel(name):
			f.c.report.Missing(label.at, name, "every build sets this label")
		default:
			out = with(out, name, value)
		}
	}
	return out
}

// platforms are the field arch: an image's own, whatever those beside it have.
func (f *fields) platforms() []string {
	var out []string
	for _, arch := range f.list("arch") {
		switch {
		case strings.HasPrefix(arch.text, "windows/"):
			f.leave(arch.at, arch.text, "there are no builders for Windows")
		case !importer.Platform.Takes(arch.text):
			f.c.fail(arch.at, "%s is no platform such as linux/arm64", diagnostic.Quote(arch.text))
			f.isOut = true
		default:
			out = append(out, arch.text)
		}
	}
	return out
}

func with[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}
