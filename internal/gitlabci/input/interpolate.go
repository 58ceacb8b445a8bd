package input

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Context is what `$[[ … ]]` can use in one file.
type Context struct {
	// Inputs are the values of the file's inputs.
	Inputs map[string]*ciyaml.Value
	// Component are the file's name, sha, version and reference, as far as the header asks for them.
	Component map[string]*ciyaml.Value
	// Variables are those that `expand_vars` sees.
	Variables map[string]string
}

// WithComponent returns a context with the facts of a component that the header asks for.
func (s Spec) WithComponent(c Context, facts map[string]*ciyaml.Value) Context {
	c.Component = map[string]*ciyaml.Value{}
	for _, name := range s.component {
		if value, ok := facts[name]; ok {
			c.Component[name] = value
		}
	}
	return c
}

const (
	maxText      = 1 << 20
	maxBlock     = 1024
	maxFunctions = 3
	maxIndexes   = 5
	maxSegments  = 5
)

// block matches an interpolation. GitLab wants at least two characters between the brackets.
var block = pattern.Lazy(`\$\[\[\s*(\S.*?\S)\s*\]\]`)

// Replace returns a text with its interpolations replaced. A text that is one interpolation becomes the value, of any kind. The error
// is GitLab's message.
func (c Context) Replace(v *ciyaml.Value) (*ciyaml.Value, error) {
	if len(v.Text) > maxText {
		return nil, errors.New("config node too large")
	}
	found := block().FindAllStringSubmatch(v.Text, -1)
	if len(found) == 0 {
		return v, nil
	}
	text := v.Text
	for _, m := range found {
		value, err := c.block(m[0], m[1])
		if err != nil {
			return nil, err
		}
		if m[0] == v.Text {
			return value, nil
		}
		text = strings.ReplaceAll(text, m[0], Print(value))
		if len(text) > maxText {
			return nil, errors.New("config node too large")
		}
	}
	return &ciyaml.Value{Kind: ciyaml.Text, Text: text, At: v.At}, nil
}

// block is the value of one interpolation, `access | function | …`.
func (c Context) block(written, content string) (*ciyaml.Value, error) {
	parts := strings.Split(content, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if root, _, _ := strings.Cut(parts[0], "."); root == "matrix" {
		return &ciyaml.Value{Kind: ciyaml.Text, Text: written}, nil
	}
	value, err := c.access(parts[0])
	if err != nil {
		return nil, err
	}
	if len(parts)-1 > maxFunctions {
		return nil, errors.New("too many functions in interpolation block")
	}
	for _, name := range parts[1:] {
		if value, err = c.apply(name, value); err != nil {
			return nil, err
		}
	}
	return value, nil
}

var (
	indexed = pattern.Lazy(`^(\w+)((?:\[\d+\])+)$`)
	index   = pattern.Lazy(`\d+`)
)

// access is the value of a path such as inputs.name or inputs.list[0].key.
func (c Context) access(path string) (*ciyaml.Value, error) {
	segments := strings.SplitN(path, ".", maxSegments)
	switch {
	case len(segments) < 2:
		return nil, errors.New("invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]")
	case len(path) > maxBlock:
		return nil, errors.New("maximum interpolation expression size exceeded")
	}
	roots := map[string]map[string]*ciyaml.Value{"inputs": c.Inputs, "component": c.Component}
	root, ok := roots[segments[0]]
	if !ok {
		return nil, unknown(segments[0], path)
	}
	name, indexes, err := split(segments[1], path)
	if err != nil {
		return nil, err
	}
	value, ok := root[name]
	if !ok {
		return nil, unknown(name, path)
	}
	if value, err = item(value, indexes, path); err != nil {
		return nil, err
	}
	for _, segment := range segments[2:] {
		name, indexes, err := split(segment, path)
		if err != nil {
			return nil, err
		}
		if !value.Has(name) {
			return nil, unknown(name, path)
		}
		if value, err = item(value.Field(name), indexes, path); err != nil {
			return nil, err
		}
	}
	return value, nil
}

func unknown(name, path string) error {
	return fmt.Errorf("unknown interpolation provided: `%s` in `%s`", name, path)
}

// split takes the indexes from a part of a path.
func split(segment, path string) (name string, indexes []string, err error) {
	if !strings.Contains(segment, "[") {
		return segment, nil, nil
	}
	m := indexed().FindStringSubmatch(segment)
	if m == nil {
		return "", nil, fmt.Errorf("invalid array index syntax in `%s`", path)
	}
	indexes = index().FindAllString(m[2], -1)
	if len(indexes) > maxIndexes {
		return "", nil, fmt.Errorf("too many array indices in `%s` (maximum depth: %d)", path, maxIndexes)
	}
	return m[1], indexes, nil
}

// item is what a value has at indexes.
func item(value *ciyaml.Value, indexes []string, path string) (*ciyaml.Value, error) {
	for _, text := range indexes {
		if value.Kind != ciyaml.List {
			return nil, fmt.Errorf("cannot index into non-array value at [%s] in `%s`", text, path)
		}
		i, err := strconv.Atoi(text)
		if err != nil || i >= len(value.Items) {
			return nil, fmt.Errorf("array index %s out of bounds (size: %d) in `%s`", text, len(value.Items), path)
		}
		value = value.Items[i]
	}
	return value, nil
}
