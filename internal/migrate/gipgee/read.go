package gipgee

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// reader reads values of the file and says where one is not as it should be.
type reader struct {
	name  string
	found diagnostic.List
}

func (r *reader) at(n *yaml.Node) diagnostic.Span {
	span := diagnostic.Span{File: r.name}
	if n != nil {
		span.Line, span.Column = n.Line, n.Column
	}
	return span
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) *diagnostic.Diagnostic {
	return r.found.Errorf(diagnostic.Import, r.at(n), format, args...)
}

// fields are the entries of a map whose keys are known.
func (r *reader) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n == nil {
		return out
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be a map", what)
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case len(known) > 0 && !slices.Contains(known, key.Value):
			r.fail(key, "unknown key %s%s", diagnostic.Quote(key.Value), diagnostic.DidYouMean(key.Value, known))
		case out[key.Value] != nil:
			r.fail(key, "duplicate key %s", diagnostic.Quote(key.Value))
		default:
			out[key.Value] = value
		}
	}
	return out
}

// text is a scalar as it is written; nothing for an absent one.
func (r *reader) text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.fail(n, "this must be text")
		return ""
	}
	return n.Value
}

func (r *reader) texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "this must be a list")
		return nil
	}
	out := []string{}
	for _, item := range n.Content {
		out = append(out, r.text(item))
	}
	return out
}

// location is a place of an image in a registry.
type location struct {
	at                                     *yaml.Node
	registry, repository, tag, credentials string
}

func (r *reader) location(n *yaml.Node) location {
	f := r.fields(n, "a location", "registry", "repository", "tag", "credentials")
	return location{n, r.text(f["registry"]), r.text(f["repository"]), r.text(f["tag"]), r.text(f["credentials"])}
}

// or fills what is not set.
func (l location) or(preset location) location {
	choose := func(own, other string) string {
		if own != "" {
			return own
		}
		return other
	}
	return location{l.at, choose(l.registry, preset.registry), choose(l.repository, preset.repository), choose(l.tag, preset.tag), choose(l.credentials, preset.credentials)}
}

func (l location) place() string { return path.Join(l.registry, l.repository) }

func (l location) String() string { return l.place() + ":" + l.tag }

// quoted is a command as a shell reads it.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}
