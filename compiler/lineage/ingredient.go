package lineage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// format is the version of the ingredients. A new version changes the tag of every image.
const format = "1"

// Ingredient is one of the inputs of an image.
type Ingredient struct {
	// Name is "definition", "recipe", a file, a pattern, or a parent.
	Name string
	// Sum is its SHA-256 in hex; for a parent, the parent's tag or reference.
	Sum string
}

// Short returns the first characters of the sum, enough to see a change.
func (i Ingredient) Short() string { return i.Sum[:min(len(i.Sum), 8)] }

// ingredients are all inputs of an image.
type ingredients []Ingredient

func (m *ingredients) add(name, sum string) { *m = append(*m, Ingredient{name, sum}) }

// sum is the SHA-256 of the ingredients in hex. JSON separates them unambiguously.
func (m ingredients) sum() string { return hashOf(append(ingredients{{"format", format}}, m...)) }

func hashOf(value any) string {
	canonical, err := json.Marshal(value)
	if err != nil {
		return "" // unreachable: only text is hashed
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// computeTag sets the inputs of an image, and its tag. The tags of its parents are already set.
func (b *builder) computeTag(image *Image) {
	b.checkName(image.Image)
	var m ingredients
	m.add("definition", hashOf(declared(image)))
	if recipe, ok := b.recipes.Recipe(image.Distribution); ok {
		m.add("distribution "+image.Distribution, recipe.Hash())
	}
	b.hashFiles(image, &m)
	b.hashSources(image, &m)
	if names := ownNames(image); len(names) > 0 {
		m.add("names of parents", hashOf(names))
	}
	for _, parent := range image.Parents {
		if parent.Image != nil {
			m.add(parent.Image.Name, parent.Image.Tag.String())
		} else if _, hex, pinned := strings.Cut(parent.Digest, ":"); pinned {
			m.add(parent.String(), hex)
		} else {
			m.add(parent.String(), "as named")
		}
	}
	image.Ingredients = m
	image.Inputs = m.sum()
	image.Tag = image.Image.Tag.Value
	if !image.Image.Tag.Present() {
		image.Tag, _ = definition.ParseTag(image.Inputs[:schema.ContentTagLength]) // hex digits are a tag
	}
}

// ownNames returns the names that a Containerfile has for its parents. The list of parents does not tell which of them a line reads.
func ownNames(image *Image) map[string]string {
	names := map[string]string{}
	for _, parent := range image.Parents {
		for _, alias := range parent.Aliases {
			names[alias] = parent.String()
		}
	}
	return names
}

// hashed are the fields of the first versions in the order in which they are hashed. Up to the last of them that is always hashed, their
// empty values are hashed too; later ones are left out if they are empty, so that a new field changes no tag.
var hashed = []string{
	"Distribution", "Version", "Packages", "Exec", "Containerfile", "Context", "Target", "Args", "Labels", "Env", "Platforms",
	"Entrypoint", "EntrypointPath", "Workdir", "User", lastAlways, "BuildEnv", "Users", "Secrets",
}

const lastAlways = "Expires"

// apart are fields with ingredients of their own.
var apart = []string{"Base", "Parents", "Watch", "Contexts", "Sources", "Build.Secrets"}

// declared returns the fields of a definition that affect the image itself, as a JSON object. Tests, releases and the like do not.
func declared(image *Image) json.RawMessage {
	values := map[string]any{}
	structure := reflect.ValueOf(image.Image).Elem()
	for _, f := range schema.Leaves(structure.Type()) {
		if f.Hash == "yes" && !slices.Contains(apart, f.Name) {
			values[strings.ReplaceAll(f.Name, ".", "")] = hashable(structure.FieldByIndex(f.Index).Interface())
		}
	}
	values["Distribution"], values["Version"], values["Secrets"] = image.Distribution, image.Version, image.Secrets
	values["Entrypoint"], values["EntrypointPath"] = image.Entrypoint.List, image.Entrypoint.Path
	newer := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(name string) bool { return slices.Contains(hashed, name) })
	var members []string
	isAlways := true
	for _, name := range append(slices.Clone(hashed), newer...) {
		if isAlways || !isEmpty(values[name]) {
			value, err := json.Marshal(values[name])
			if err != nil {
				return nil // unreachable: only text is hashed
			}
			members = append(members, `"`+name+`":`+string(value))
		}
		isAlways = isAlways && name != lastAlways
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

// isEmpty reports whether a value is zero, or a list or map without entries.
func isEmpty(value any) bool {
	v := reflect.ValueOf(value)
	return v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// hashable returns a value without places, and with the entries of maps in the order of their names.
func hashable(value any) any {
	switch value := value.(type) {
	case definition.Located[string]:
		return value.Value
	case definition.Words:
		return value.Values()
	case definition.Entries[string]:
		type entry struct{ Name, Value string }
		out := make([]entry, len(value))
		for i, e := range value {
			out[i] = entry{e.Name, e.Value}
		}
		slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
		return out
	}
	return value
}
