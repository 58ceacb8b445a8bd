package bake

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Secret is what steps of a Dockerfile mount by an id: the value of a variable, or a file, of the machine that builds. Where both are
// empty, it is the one that is called as the id.
type Secret struct {
	ID, Variable, File string
	At                 diagnostic.Span
}

// give adds a secret, over one of the same id.
func (t *Target) give(secret Secret) {
	t.Secrets = append(slices.DeleteFunc(slices.Clone(t.Secrets), func(s Secret) bool { return s.ID == secret.ID }), secret)
}

// secret takes an entry of a list of secrets, "id=ID,env=VARIABLE" or "id=ID,src=FILE".
func (t *Target) secret(written string, at diagnostic.Span, found *diagnostic.List) {
	var entries []pair
	for part := range strings.SplitSeq(written, ",") {
		key, value, _ := strings.Cut(part, "=")
		entries = append(entries, pair{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	t.takeSecret(entries, at, found)
}

type pair struct{ key, value string }

func (t *Target) takeSecret(entries []pair, at diagnostic.Span, found *diagnostic.List) {
	secret, kind := Secret{At: at}, ""
	for _, entry := range entries {
		switch strings.ToLower(entry.key) {
		case "id":
			secret.ID = entry.value
		case "env":
			secret.Variable = entry.value
		case "src", "source":
			secret.File = entry.value
		case "type":
			kind = entry.value
		}
	}
	if kind == "env" && secret.Variable == "" {
		secret.Variable, secret.File = secret.File, ""
	}
	if secret.ID == "" {
		found.Errorf(diagnostic.Import, at, "a secret has no id")
		return
	}
	t.give(secret)
}

// secrets takes a list of secrets, each a text or an object.
func (a reading) secrets() {
	value, at := a.value(a.attribute, a.local), span(a.attribute.NameRange)
	if value.IsNull() {
		return
	}
	if !value.IsWhollyKnown() {
		a.target.open(a.attribute.Name)
		return
	}
	if !value.CanIterateElements() || value.Type().IsObjectType() || value.Type().IsMapType() {
		a.found.Errorf(diagnostic.Import, span(a.attribute.Expr.Range()), "%s must be a list", a.attribute.Name)
		return
	}
	for _, item := range value.AsValueSlice() {
		switch {
		case item.IsNull():
		case item.Type() == cty.String:
			if item.AsString() != "" {
				a.target.secret(item.AsString(), at, a.found)
			}
		case item.Type().IsObjectType() || item.Type().IsMapType():
			a.target.takeSecret(pairs(item), at, a.found)
		default:
			a.found.Errorf(diagnostic.Import, span(a.attribute.Expr.Range()), "a secret is a text or an object")
		}
	}
}

func pairs(object cty.Value) []pair {
	var out []pair
	for key, value := range object.AsValueMap() {
		if !value.IsNull() && value.Type() == cty.String {
			out = append(out, pair{key, value.AsString()})
		}
	}
	return out
}

// secrets takes the secrets of a service's build: each is one of the file, by its name or under another id.
func (c *composer) secrets(t *Target, file *composeFile, build *node) {
	for _, item := range build.get("secrets").items() {
		name, id := item.text, item.text
		if item.kind == fields {
			name = item.get("source").text
			id = name
			if target := item.get("target").text; target != "" {
				id = target
			}
		}
		i := slices.IndexFunc(file.top.get("secrets").fields, func(f nodeField) bool { return f.name == name })
		if i < 0 {
			c.fail(item.at, "the secret %s is nowhere", diagnostic.Quote(name))
			continue
		}
		declared := file.top.get("secrets").fields[i].value
		secret := Secret{ID: id, Variable: declared.get("environment").text, File: declared.get("file").text, At: item.at}
		if secret.Variable == "" && secret.File == "" {
			secret.File = name // whoever runs compose has it
		}
		t.give(secret)
	}
}
