package bake

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Compose reads the services of a compose file that have a `build`, with the files that it includes or extends. Variables have
// their defaults, or the values of the file .env beside it; their names come with the targets. The list has all that is wrong;
// there are no targets then. The error is one of the file system's.
func Compose(tree fs.FS, name string) (targets []Target, variables []string, found diagnostic.List, err error) {
	c := &composer{tree: tree, found: &found, files: map[string]*composeFile{}}
	file, err := c.file(name)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, service := range c.all(file, nil) {
		if target, ok := c.target(service); ok {
			targets = append(targets, target)
		}
	}
	for i, t := range targets {
		if j := slices.IndexFunc(targets, func(other Target) bool { return other.Name == t.Name }); j < i {
			found.Errorf(diagnostic.Import, t.At, "the service %s is declared twice", diagnostic.Quote(t.Name)).WithNote(targets[j].At, "the other one")
		}
	}
	if found.HasErrors() {
		return nil, nil, found.Sorted(), nil
	}
	used := map[string]bool{}
	for _, file := range c.files {
		maps.Copy(used, file.used)
	}
	return targets, slices.Sorted(maps.Keys(used)), found.Sorted(), nil
}

type composer struct {
	tree  fs.FS
	found *diagnostic.List
	files map[string]*composeFile
}

// composeFile is a file that was read.
type composeFile struct {
	name string
	top  *node
	used map[string]bool
}

// service is a service with the file that it stands in.
type service struct {
	file *composeFile
	name string
	at   diagnostic.Span
	node *node
}

func (c *composer) fail(at diagnostic.Span, format string, args ...any) {
	c.found.Errorf(diagnostic.Import, at, format, args...)
}

// file reads a file, once.
func (c *composer) file(name string) (*composeFile, error) {
	if known, ok := c.files[name]; ok {
		return known, nil
	}
	content, err := fs.ReadFile(c.tree, name)
	if err != nil {
		return nil, err
	}
	file := &composeFile{name: name, top: &node{}, used: map[string]bool{}}
	c.files[name] = file
	if len(content) > maxBytes {
		c.fail(diagnostic.Span{File: name}, "the file is larger than %d MiB", maxBytes>>20)
		return file, nil
	}
	var document yaml.Node
	if err := yaml.Load(content, &document, yaml.WithV4Defaults()); err != nil {
		at, message := diagnostic.Span{File: name}, err.Error()
		var where *yaml.LoadError
		if errors.As(err, &where) {
			at.Line, at.Column, message = where.Mark.Line, where.Mark.Column, where.Message
		}
		c.fail(at, "it is not YAML: %s", message)
		return file, nil
	}
	r := &nodeReader{composer: c, file: file, env: c.environment(path.Dir(name)), left: maxNodes}
	file.top = r.node(&document, 0)
	return file, nil
}

// environment is what a file .env sets.
func (c *composer) environment(folder string) map[string]string {
	out := map[string]string{}
	content, err := fs.ReadFile(c.tree, path.Join(folder, ".env"))
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok && !strings.HasPrefix(name, "#") {
			value = strings.TrimSpace(value)
			if quote := strings.TrimRight(value, `"'`); len(value) >= 2 && len(quote) == len(value)-1 && value[0] == value[len(value)-1] {
				value = value[1 : len(value)-1]
			} else if before, _, isComment := strings.Cut(value, " #"); isComment {
				value = strings.TrimSpace(before)
			}
			out[strings.TrimSpace(name)] = value
		}
	}
	return out
}

// all are the services of a file and of those that it includes.
func (c *composer) all(file *composeFile, chain []string) []service {
	var out []service
	chain = append(slices.Clone(chain), file.name)
	for _, entry := range file.top.get("include").items() {
		names := entry.get("path").items()
		if entry.kind == text {
			names = []*node{entry}
		}
		for _, name := range names {
			if included := c.other(file, name, chain); included != nil {
				out = append(out, c.all(included, chain)...)
			}
		}
	}
	for _, field := range file.top.get("services").fields {
		out = append(out, service{file, field.name, field.at, field.value})
	}
	return out
}

// other is the file that another names, relative to itself; nil where it cannot be read.
func (c *composer) other(from *composeFile, name *node, chain []string) *composeFile {
	where := path.Join(path.Dir(from.name), name.text)
	if slices.Contains(chain, where) {
		c.fail(name.at, "the file %s includes itself", where)
		return nil
	}
	file, err := c.file(where)
	if err != nil {
		c.fail(name.at, "the file %s cannot be read", diagnostic.Quote(name.text))
		return nil
	}
	return file
}

// resolve is a service with what it extends under it; paths are of the file that it stands in.
func (c *composer) resolve(s service, chain []string) *node {
	id := s.file.name + " " + s.name
	if slices.Contains(chain, id) {
		c.fail(s.at, "the service %s extends itself", diagnostic.Quote(s.name))
		return s.node
	}
	s.node = normal(s.node)
	extends := s.node.get("extends")
	if extends.kind == none {
		return s.node
	}
	from, name := s.file, extends.text
	if extends.kind == fields {
		name = extends.get("service").text
		if file := extends.get("file"); file.kind == text {
			if from = c.other(s.file, file, nil); from == nil {
				return s.node
			}
		}
	}
	for _, field := range from.top.get("services").fields {
		if field.name == name {
			under := c.resolve(service{from, name, field.at, field.value}, append(slices.Clone(chain), id))
			return merge(relocate(under, from, s.file), s.node)
		}
	}
	c.fail(extends.at, "%s extends the service %s, which is nowhere", diagnostic.Quote(s.name), diagnostic.Quote(name))
	return s.node
}

// normal writes a build that is only its context, and what it has as a list of NAME=VALUE, as maps.
func normal(n *node) *node {
	build := n.get("build")
	switch build.kind {
	case text:
		return n.with("build", &node{kind: fields, at: build.at, fields: []nodeField{{"context", build.at, build}}})
	case none, list:
		return n
	case fields:
	}
	written := &node{kind: fields, at: build.at}
	for _, field := range build.fields {
		if slices.Contains([]string{"args", "labels", "additional_contexts"}, field.name) && field.value.kind == list {
			entries := &node{kind: fields, at: field.value.at}
			for _, item := range field.value.list {
				name, value, ok := strings.Cut(item.text, "=")
				entry := &node{at: item.at}
				if ok {
					entry.kind, entry.text = text, value
				}
				entries.fields = append(entries.fields, nodeField{name, item.at, entry})
			}
			field.value = entries
		}
		written.fields = append(written.fields, field)
	}
	return n.with("build", written)
}

// relocate makes the paths of a build those of another file.
func relocate(n *node, from, to *composeFile) *node {
	build := n.get("build")
	context := build.get("context")
	if path.Dir(from.name) == path.Dir(to.name) || build.kind == none || !isFolder(context.text) {
		return n
	}
	moved := &node{kind: text, at: build.at, text: path.Join(up(path.Dir(to.name)), path.Dir(from.name), context.text)}
	return n.with("build", build.with("context", moved))
}

// up leads from a folder to the top.
func up(folder string) string {
	if folder == "." {
		return "."
	}
	return strings.Repeat("../", strings.Count(folder, "/")+1)
}

// isFolder reports whether a context is a folder, and no address or target.
func isFolder(context string) bool {
	return !strings.Contains(context, "://") && !strings.HasPrefix(context, "git@") && !strings.HasPrefix(context, "target:")
}

// target is the build of a service; there may be none.
func (c *composer) target(s service) (Target, bool) {
	n := c.resolve(s, nil)
	build := n.get("build")
	if build.kind == none {
		return Target{}, false
	}
	t := Target{Name: s.name, At: s.at, Args: map[string]string{}, Labels: map[string]string{}, Contexts: map[string]string{}, Others: map[string]Other{}}
	if image := n.get("image").text; image != "" {
		t.Tags = append(t.Tags, image)
	}
	for _, field := range build.fields {
		c.set(&t, field)
	}
	if platform := n.get("platform").text; platform != "" && len(t.Platforms) == 0 {
		t.Platforms = []string{platform}
	}
	t.Context = cmp.Or(t.Context, ".")
	if isFolder(t.Context) {
		t.Context = path.Join(path.Dir(s.file.name), t.Context)
	}
	for name, meaning := range t.Contexts {
		if other, ok := strings.CutPrefix(meaning, "service:"); ok {
			t.Contexts[name] = "target:" + other
		} else if isFolder(meaning) && path.Dir(s.file.name) != "." {
			t.Contexts[name] = path.Join(path.Dir(s.file.name), meaning)
		}
	}
	return t, true
}

func (c *composer) set(t *Target, field nodeField) {
	value := field.value
	switch field.name {
	case "context":
		t.Context = value.text
	case "dockerfile":
		t.Dockerfile = value.text
	case "dockerfile_inline":
		t.Inline = value.text
	case "target":
		t.Stage = value.text
	case "args":
		for _, name := range value.pairs(t.Args) {
			t.Open = append(t.Open, "args."+name)
		}
	case "labels":
		value.pairs(t.Labels)
	case "additional_contexts":
		value.pairs(t.Contexts)
	case "platforms":
		t.Platforms = append(t.Platforms, value.texts()...)
	case "tags":
		t.Tags = append(t.Tags, value.texts()...)
	case "x-bake":
		for _, own := range value.fields {
			c.set(t, nodeField{strings.NewReplacer("contexts", "additional_contexts").Replace(own.name), own.at, own.value})
		}
	default:
		if !strings.HasPrefix(field.name, "x-") {
			t.Others[field.name] = Other{At: field.at, IsEmpty: value.isEmpty()}
		}
	}
}

func (n *node) isEmpty() bool {
	return n.kind == none || n.kind == text && (n.text == "" || n.text == "false") || n.kind == list && len(n.list) == 0 || n.kind == fields && len(n.fields) == 0
}

// pairs adds the entries of a map; it returns the names that have no value.
func (n *node) pairs(to map[string]string) (open []string) {
	for _, field := range n.fields {
		if field.value.kind == none {
			open = append(open, field.name)
		} else {
			to[field.name] = field.value.text
		}
	}
	return open
}
