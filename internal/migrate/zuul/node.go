package zuul

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/internal/migrate/pyyaml"
)

// node is a value of a configuration with its place. An alias is the same node as its anchor.
type node struct {
	at   diagnostic.Span
	kind kind
	// tag is one of Zuul's own, such as "!override". What is encrypted has its tag and nothing else.
	tag string
	// value is a scalar as PyYAML reads it: nil, bool, int, float64 or string; written is what the file says.
	value   any
	written string
	items   []*node
	fields  []field
	// size is how many values it holds, those of an alias counted each time.
	size int
}

// field is a key with its value.
type field struct {
	key   string
	at    diagnostic.Span
	value *node
}

type kind uint8

const (
	scalar kind = iota
	list
	mapping
)

// The tags that say how a value joins its parent job's.
const (
	tagOverride = "!override"
	tagInherit  = "!inherit"
	tagSecret   = "!encrypted"
)

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// printed is a scalar as Ansible prints it; nothing for what is no scalar.
func (n *node) printed() string {
	if n == nil || n.kind != scalar || n.value == nil {
		return ""
	}
	return jinja.Print(n.value)
}

// isNull says whether a value is none.
func (n *node) isNull() bool { return n.kind == scalar && n.value == nil && n.tag == "" }

// isOther says whether a scalar is another text to Ansible than the file has: 3.10 is the number 3.1.
func (n *node) isOther() bool {
	_, isText := n.value.(string)
	return n.kind == scalar && n.value != nil && !isText && n.printed() != n.written
}

// parser turns the nodes of one file into ours.
type parser struct {
	file   string
	source []byte
	found  *diagnostic.List
	seen   map[*yaml.Node]*node
}

// The limits of a file; a person keeps none near them.
const (
	maxSource = 4 << 20
	maxSize   = 200_000
)

// parse reads a file of configuration: nil where it is empty or broken.
func parse(file string, source []byte, found *diagnostic.List) *node {
	p := &parser{file: file, source: source, found: found, seen: map[*yaml.Node]*node{}}
	if len(source) > maxSource {
		p.fail(0, 0, "the file is larger than 4 MiB")
		return nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		p.broken(err)
		return nil
	}
	if document.Kind == 0 || len(document.Content) == 0 {
		return nil
	}
	return p.read(document.Content[0])
}

var (
	place  = regexp.MustCompile(`line (\d+)(?:, column (\d+))?:? ?`)
	secret = regexp.MustCompile(`(?i)password|token|secret|encrypted|^\s*-?\s*[A-Za-z0-9+/=]{40,}\s*$`)
)

func (p *parser) broken(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line, column := 0, 0
	if m := place.FindStringSubmatchIndex(message); m != nil {
		line, _ = strconv.Atoi(message[m[2]:m[3]])
		if m[4] >= 0 {
			column, _ = strconv.Atoi(message[m[4]:m[5]])
		}
		message = message[:m[0]] + message[m[1]:]
	}
	p.fail(line, column, "it is not YAML: %s", message)
}

// fail reports a mistake. A line that may hold a secret is named in words, since the line of a place is printed.
func (p *parser) fail(line, column int, format string, args ...any) {
	at := diagnostic.Span{File: p.file, Line: line, Column: column}
	message := fmt.Sprintf(format, args...)
	if lines := strings.Split(string(p.source), "\n"); line > 0 && line <= len(lines) && secret.MatchString(lines[line-1]) {
		at, message = diagnostic.Span{File: p.file}, fmt.Sprintf("line %d: %s", line, message)
	}
	p.found.Errorf(diagnostic.Import, at, "%s", message)
}

// read converts a node, each once.
func (p *parser) read(n *yaml.Node) *node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if done, known := p.seen[n]; known {
		if done == nil {
			p.fail(n.Line, n.Column, "the alias %s holds itself", diagnostic.Quote(n.Anchor))
			return &node{}
		}
		return done
	}
	p.seen[n] = nil
	out := &node{at: diagnostic.Span{File: p.file, Line: n.Line, Column: n.Column}}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Style&yaml.TaggedStyle != 0 {
		out.tag = n.Tag
	}
	switch {
	case strings.HasPrefix(out.tag, tagSecret):
	case out.tag != "" && out.tag != tagOverride && out.tag != tagInherit && out.tag != "!":
		p.fail(n.Line, n.Column, "the tag %s is not one of Zuul's", diagnostic.Quote(out.tag))
	case n.Kind == yaml.SequenceNode:
		out.kind = list
		for _, item := range n.Content {
			out.items = append(out.items, p.read(item))
		}
	case n.Kind == yaml.MappingNode:
		out.kind = mapping
		p.mapping(out, n)
	default:
		out.value, out.written = p.scalar(n), n.Value
	}
	p.seen[n] = p.sized(out, n)
	return p.seen[n]
}

// sized counts what a value holds: nothing where that is too much, as with aliases of aliases.
func (p *parser) sized(out *node, n *yaml.Node) *node {
	out.size = 1
	for _, item := range out.items {
		out.size += item.size
	}
	for _, f := range out.fields {
		out.size += f.value.size
	}
	if out.size > maxSize {
		p.fail(n.Line, n.Column, "this holds too much")
		return &node{at: out.at, size: 1}
	}
	return out
}

// mapping reads the keys of a mapping, which may have no duplicates. Those of a merged mapping count where there is no other value.
func (p *parser) mapping(out *node, n *yaml.Node) {
	var merged []field
	known := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], p.read(n.Content[i+1])
		switch {
		case key.Value == "<<" && key.Style&^yaml.TaggedStyle == 0:
			merged = append(merged, p.merged(key, value)...)
			continue
		case key.Kind != yaml.ScalarNode && key.Kind != yaml.AliasNode:
			p.fail(key.Line, key.Column, "a key cannot be a list or a map")
			continue
		case known[key.Value]:
			p.fail(key.Line, key.Column, "duplicate key %s", diagnostic.Quote(key.Value))
			continue
		}
		name := p.read(key).printed()
		known[name] = true
		out.fields = append(out.fields, field{name, diagnostic.Span{File: p.file, Line: key.Line, Column: key.Column}, value})
	}
	for _, f := range merged {
		if !known[f.key] {
			known[f.key] = true
			out.fields = append(out.fields, f)
		}
	}
}

func (p *parser) merged(key *yaml.Node, value *node) []field {
	all := []*node{value}
	if value.kind == list {
		all = value.items
	}
	var out []field
	for _, one := range all {
		if one.kind != mapping {
			p.fail(key.Line, key.Column, "<< needs a map, or a list of maps")
			return nil
		}
		out = append(out, one.fields...)
	}
	return out
}

// scalar is a scalar as YAML 1.1 has it, where 3.10 is the number 3.1.
func (p *parser) scalar(n *yaml.Node) any {
	if n.Style != 0 {
		return n.Value
	}
	if !strings.ContainsAny(n.Value[:min(1, len(n.Value))], "0123456789+-.~yYnNtTfFoO") {
		return plain(n.Value)
	}
	read, err := pyyaml.Parse([]byte(n.Value))
	if err != nil || read.Kind != pyyaml.Scalar {
		var mistake *pyyaml.Error
		if errors.As(err, &mistake) && strings.Contains(mistake.Message, "quotes") {
			p.fail(n.Line, n.Column, "%s", mistake.Message)
		}
		return n.Value
	}
	return read.Value
}

// plain is a scalar that can only be text, or nothing.
func plain(s string) any {
	if s == "" {
		return nil
	}
	return s
}
