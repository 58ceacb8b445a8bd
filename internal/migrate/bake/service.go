package bake

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// resolve returns a service merged over the services that it extends. Its paths are relative to the file that declares it.
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
	if path.Dir(from.name) == path.Dir(to.name) || build.kind == none {
		return n
	}
	move := func(folder *node) *node {
		if !isFolder(folder.text) {
			return folder
		}
		return &node{kind: text, at: build.at, text: path.Join(up(path.Dir(to.name)), path.Dir(from.name), folder.text)}
	}
	build = build.with("context", move(build.get("context")))
	if contexts := build.get("additional_contexts"); contexts.kind == fields {
		for _, field := range contexts.fields {
			contexts = contexts.with(field.name, move(field.value))
		}
		build = build.with("additional_contexts", contexts)
	}
	return n.with("build", build)
}

// up leads from a folder to the top.
func up(folder string) string {
	if folder == "." {
		return "."
	}
	return strings.Repeat("../", strings.Count(folder, "/")+1)
}

// isFolder reports whether a context is a folder, and no address, target or service.
func isFolder(context string) bool {
	isElse := func(prefix string) bool { return strings.HasPrefix(context, prefix) }
	return !strings.Contains(context, "://") && !slices.ContainsFunc([]string{"git@", "target:", "service:"}, isElse)
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
	t.StopSignal = n.get("stop_signal").text
	for _, field := range build.fields {
		c.set(&t, field)
	}
	c.secrets(&t, s.file, build)
	s.file.fill(&t)
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

// fill gives arguments without a value that of the variable of the same name.
func (f *composeFile) fill(t *Target) {
	t.Open = slices.DeleteFunc(t.Open, func(key string) bool {
		name := strings.TrimPrefix(key, "args.")
		value, ok := f.env[name]
		if ok {
			t.Args[name] = value
			f.used[name] = true
		}
		return ok
	})
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
	case "secrets": // see composer.secrets
	case "secret":
		for _, item := range value.items() {
			t.secret(item.text, item.at, c.found)
		}
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
