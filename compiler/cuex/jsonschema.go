package cuex

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"cuelang.org/go/cue"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// JSONSchema prints a definition of the schema as JSON Schema draft-07, which editors read, with descriptions, patterns
// and the defaults that descriptions name.
func (s *Schema) JSONSchema(name, title string) ([]byte, error) {
	root, err := s.shape(name)
	if err != nil {
		return nil, err
	}
	node := root.jsonSchema().(ordered)
	out, err := json.MarshalIndent(append(ordered{
		{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title},
	}, node...), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("print the JSON Schema: %w", err)
	}
	return append(out, '\n'), nil
}

// ordered is a JSON object whose keys keep their order.
type ordered []pair

type pair struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, p := range o {
		key, err := json.Marshal(p.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

func (s *shape) jsonSchema() any {
	var forms []ordered
	if s.scalar != nil {
		forms = append(forms, s.scalar.jsonSchema())
	}
	if s.item != nil {
		forms = append(forms, ordered{{"type", "array"}, {"items", s.item.jsonSchema()}})
	}
	if s.object != nil {
		forms = append(forms, s.object.jsonSchema())
	}
	var out ordered
	if doc := strings.TrimSpace(s.doc); doc != "" {
		out = append(out, pair{"description", doc})
	}
	if preset := defaultOf(s.doc); preset != "" {
		out = append(out, pair{"default", preset})
	}
	if len(forms) == 1 {
		return append(out, forms[0]...)
	}
	return append(out, pair{"oneOf", forms})
}

// statedDefault finds the default in a description such as `Where it is built; "build" unless set.`
var statedDefault = regexp.MustCompile(`"([^"]+)" (?:unless set|when absent)`)

func defaultOf(doc string) string {
	if found := statedDefault.FindStringSubmatch(doc); found != nil {
		return found[1]
	}
	return ""
}

func (s *scalar) jsonSchema() ordered {
	kinds := map[tree.Kind]string{tree.String: "string", tree.Bool: "boolean", tree.Int: "integer"}
	var out ordered
	if !s.hasBools {
		out = ordered{{"type", kinds[s.kind]}}
	}
	if s.values != nil {
		values := make([]any, len(s.values))
		for i, value := range s.values {
			values[i] = value
			if s.kind != tree.String || s.hasBools && (value == "true" || value == "false") {
				values[i] = json.RawMessage(value)
			}
		}
		out = append(out, pair{"enum", values})
	}
	switch patterns := patternsOf(s.constraint); len(patterns) {
	case 0:
	case 1:
		out = append(out, pair{"pattern", patterns[0]})
	default:
		all := make([]ordered, len(patterns))
		for i, pattern := range patterns {
			all[i] = ordered{{"pattern", pattern}}
		}
		out = append(out, pair{"allOf", all})
	}
	return out
}

// patternsOf returns the regular expressions of a constraint.
func patternsOf(v cue.Value) []string {
	if !v.Exists() {
		return nil
	}
	op, args := v.Expr()
	switch op {
	case cue.AndOp:
		var out []string
		for _, arg := range args {
			out = append(out, patternsOf(arg)...)
		}
		return out
	case cue.RegexMatchOp:
		if pattern, err := args[0].String(); err == nil {
			return []string{pattern}
		}
	}
	return nil
}

func (o *object) jsonSchema() ordered {
	out := ordered{{"type", "object"}}
	if o.value != nil {
		if o.key != nil {
			out = append(out, pair{"propertyNames", o.key.jsonSchema()})
		}
		return append(out, pair{"additionalProperties", o.value.jsonSchema()})
	}
	var properties ordered
	var required []string
	for _, f := range o.fields {
		properties = append(properties, pair{f.name, f.shape.jsonSchema()})
		if f.required {
			required = append(required, f.name)
		}
	}
	out = append(out, pair{"properties", properties}, pair{"additionalProperties", false})
	if required != nil {
		out = append(out, pair{"required", required})
	}
	return out
}
