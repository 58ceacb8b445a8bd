package dockerpkg

import (
	"errors"
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/internal/migrate/pyyaml"
)

// config is docker-pkg's configuration: its own keys, and all keys as the variables of templates.
type config struct {
	file string
	root *pyyaml.Node
	// values are the keys with their defaults, as templates see them.
	values jinja.Dict

	registry, namespace string
	// baseImages are the images from outside, with the places where they are declared.
	baseImages       []located
	aptProxy         any
	users            *jinja.Dict
	forceNumericUser bool
}

// located is a text with its place.
type located struct {
	text string
	at   diagnostic.Span
}

// defaults are docker-pkg's own, in its order.
func defaults() []jinja.Argument {
	users := &jinja.Dict{}
	for _, user := range []jinja.Argument{{Name: "root", Value: 0}, {Name: "www-data", Value: 33}, {Name: "nobody", Value: 65534}} {
		_ = users.Set(user.Name, user.Value) // a text is always a key
	}
	return []jinja.Argument{
		{Name: "registry", Value: ""},
		{Name: "username"},
		{Name: "password"},
		{Name: "base_images", Value: &jinja.List{}},
		{Name: "apt_options", Value: ""},
		{Name: "http_proxy"},
		{Name: "apt_only_proxy"},
		{Name: "namespace", Value: ""},
		{Name: "scan_workers", Value: 8},
		{Name: "fallback_author", Value: "Author"},
		{Name: "fallback_email", Value: "email@domain"},
		{Name: "distribution", Value: "wikimedia"},
		{Name: "update_id", Value: "s"},
		{Name: "ca_bundle"},
		{Name: "force_numeric_user", Value: false},
		{Name: "known_uid_mappings", Value: users},
		{Name: "verify_command", Value: verifyCommand},
		{Name: "verify_args", Value: jinja.Of([]string{"-c", verifyArgument})},
	}
}

// readConfig reads a configuration; file is its name in findings.
func readConfig(file string, source []byte, found *diagnostic.List) *config {
	c := &config{file: file}
	var err error
	if c.root, err = pyyaml.Parse(source); err != nil {
		at := diagnostic.Span{File: file}
		var mistake *pyyaml.Error
		if errors.As(err, &mistake) {
			at.Line, at.Column = mistake.Line, mistake.Column
			found.Errorf(diagnostic.Import, at, "the configuration cannot be read: %s", mistake.Message)
			return nil
		}
		found.Errorf(diagnostic.Import, at, "the configuration cannot be read: %v", err)
		return nil
	}
	if isEmpty := c.root.Kind == pyyaml.Scalar && c.root.Value == nil; c.root.Kind != pyyaml.Mapping && !isEmpty {
		found.Errorf(diagnostic.Import, c.at(c.root), "the configuration is no mapping of keys")
		return nil
	}
	c.setValues(found)
	r := &keyReader{config: c, found: found}
	c.registry, c.namespace = r.text("registry"), r.text("namespace")
	c.aptProxy, _ = c.values.Get("apt_only_proxy")
	if proxy, _ := c.values.Get("http_proxy"); proxy != nil && c.aptProxy == nil {
		c.aptProxy = proxy
		_ = c.values.Set("apt_only_proxy", proxy)
	}
	c.users = r.users()
	c.baseImages = r.list("base_images")
	c.forceNumericUser = r.boolean("force_numeric_user")
	return c
}

// setValues sets the keys of the file over the defaults.
func (c *config) setValues(found *diagnostic.List) {
	for _, d := range defaults() {
		_ = c.values.Set(d.Name, d.Value)
	}
	for _, field := range c.root.Fields {
		name, ok := field.Key.Value.(string)
		if !ok {
			found.Errorf(diagnostic.Import, c.at(field.Key), "a key of the configuration is a text, and not %v", field.Key.Value).
				WithHint("put it in quotes")
			continue
		}
		_ = c.values.Set(name, field.Value.Jinja())
	}
}

// variables are what templates see.
func (c *config) variables() map[string]any {
	out := make(map[string]any, c.values.Len())
	for _, key := range c.values.Keys() {
		value, _ := c.values.Get(key)
		out[fmt.Sprint(key)] = value
	}
	return out
}

func (c *config) at(n *pyyaml.Node) diagnostic.Span {
	if n == nil {
		return diagnostic.Span{File: c.file}
	}
	return diagnostic.Span{File: c.file, Line: n.Line, Column: n.Column}
}

// key returns the key of the file with a name, and its value, or nil.
func (c *config) key(name string) (key, value *pyyaml.Node) {
	for _, field := range c.root.Fields {
		if field.Key.Value == name {
			return field.Key, field.Value
		}
	}
	return nil, nil
}

// keyReader reads the keys that have a meaning of their own.
type keyReader struct {
	config *config
	found  *diagnostic.List
}

func (r *keyReader) fail(name, what string) {
	_, value := r.config.key(name)
	r.found.Errorf(diagnostic.Import, r.config.at(value), "%s is %s", name, what)
}

// text reads a key that is a text, or nothing.
func (r *keyReader) text(name string) string {
	value, _ := r.config.values.Get(name)
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return ""
	}
	r.fail(name, "a text")
	return ""
}

func (r *keyReader) boolean(name string) bool {
	value, _ := r.config.values.Get(name)
	is, ok := value.(bool)
	if !ok && value != nil {
		r.fail(name, "true or false")
	}
	return is
}

func (r *keyReader) users() *jinja.Dict {
	value, _ := r.config.values.Get("known_uid_mappings")
	users, ok := value.(*jinja.Dict)
	if !ok {
		r.fail("known_uid_mappings", "a mapping of users to numbers")
		return &jinja.Dict{}
	}
	return users
}

// list reads a key that is a list of texts.
func (r *keyReader) list(name string) []located {
	_, node := r.config.key(name)
	if node == nil {
		return nil
	}
	if node.Kind != pyyaml.List {
		r.fail(name, "a list of texts")
		return nil
	}
	var out []located
	for _, item := range node.Items {
		text, err := item.Text()
		if err != nil {
			r.found.Errorf(diagnostic.Import, r.config.at(item), "%s: %v", name, err)
			continue
		}
		out = append(out, located{text, r.config.at(item)})
	}
	return out
}
