package shape

import (
	"encoding/json"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// JSONSchema prints the schema of a project's definition as JSON Schema draft-07, which editors read, with descriptions, patterns
// and the defaults that descriptions name.
func JSONSchema() ([]byte, error) {
	root, err := Definition("Definition")
	if err != nil {
		return nil, err
	}
	node := root.jsonSchema().(ordered)
	out, err := json.MarshalIndent(append(ordered{
		{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Definition of a project's container images"},
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
	members := make([]string, len(o))
	for i, p := range o {
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		members[i] = schema.JSON(p.key) + ":" + string(value)
	}
	return []byte("{" + strings.Join(members, ",") + "}"), nil
}

func (s *Shape) jsonSchema() any {
	var forms []ordered
	if s.Scalar != nil {
		forms = append(forms, s.Scalar.jsonSchema())
	}
	if s.Item != nil {
		forms = append(forms, ordered{{"type", "array"}, {"items", s.Item.jsonSchema()}})
	}
	if s.Object != nil {
		forms = append(forms, s.Object.jsonSchema())
	}
	var out ordered
	if doc := strings.TrimSpace(s.Doc); doc != "" {
		out = append(out, pair{"description", doc})
	}
	if preset := defaultOf(s.Doc); preset != "" {
		out = append(out, pair{"default", preset})
	}
	if len(forms) == 1 {
		return append(out, forms[0]...)
	}
	return append(out, pair{"oneOf", forms})
}

// statedDefault finds the default in a description such as `Where it is built; "build" unless set.`
var statedDefault = pattern.Lazy(`"([^"]+)" (?:unless set|when absent)`)

func defaultOf(doc string) string {
	if found := statedDefault().FindStringSubmatch(doc); found != nil {
		return found[1]
	}
	return ""
}

func (s *Scalar) jsonSchema() ordered {
	kinds := map[tree.Kind]string{tree.String: "string", tree.Bool: "boolean", tree.Int: "integer"}
	var out ordered
	if !s.HasBools {
		out = ordered{{"type", kinds[s.Kind]}}
	}
	if s.Values != nil {
		values := make([]any, len(s.Values))
		for i, value := range s.Values {
			values[i] = value
			if s.Kind != tree.String || s.HasBools && (value == "true" || value == "false") {
				values[i] = json.RawMessage(value)
			}
		}
		out = append(out, pair{"enum", values})
	}
	switch len(s.Patterns) {
	case 0:
	case 1:
		out = append(out, pair{"pattern", s.Patterns[0].Text})
	default:
		all := make([]ordered, len(s.Patterns))
		for i, pattern := range s.Patterns {
			all[i] = ordered{{"pattern", pattern.Text}}
		}
		out = append(out, pair{"allOf", all})
	}
	return out
}

func (o *Object) jsonSchema() ordered {
	out := ordered{{"type", "object"}}
	if o.Value != nil {
		if o.Key != nil {
			out = append(out, pair{"propertyNames", o.Key.jsonSchema()})
		}
		return append(out, pair{"additionalProperties", o.Value.jsonSchema()})
	}
	var properties ordered
	var required []string
	for _, f := range o.Fields {
		properties = append(properties, pair{f.Name, f.Shape.jsonSchema()})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	out = append(out, pair{"properties", properties}, pair{"additionalProperties", false})
	if required != nil {
		out = append(out, pair{"required", required})
	}
	return out
}
