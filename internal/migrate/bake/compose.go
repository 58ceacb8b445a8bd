package bake

import (
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
	// env is what the file .env beside it sets, and used the names of the variables that the file asks for.
	env  map[string]string
	used map[string]bool
}

// service is a service with the file that declares it.
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
	file.env = c.environment(path.Dir(name))
	r := &nodeReader{composer: c, file: file, env: file.env, left: maxNodes}
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
