package lineage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// format is the version of the ingredients. A new version changes the tag of every image.
const format = "1"

// Revision counts the changes of stemma that gave images other tags although neither their files nor their recipes changed. Raise it with
// each such change, and with format: then changed files select the images. It is not hashed, so images that keep their tags are not rebuilt.
const Revision = "1"

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
		image.Tag, _ = schema.ParseTag(image.Inputs[:schema.ContentTagLength]) // hex digits are a tag
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

// first are the fields of the first version in the order in which they are hashed. Their empty values are hashed too; those of later fields
// are left out, so that a new field changes no tag. second are later fields that were hashed in another order than that of their names.
var (
	first = []string{
		"Distribution", "Version", "Packages", "Exec", "Containerfile", "Context", "Target", "Args", "Labels", "Env", "Platforms",
		"Entrypoint", "EntrypointPath", "Workdir", "User", "Expires",
	}
	second = []string{"BuildEnv", "Users", "Secrets"}
)

// apart are fields with ingredients of their own.
var apart = []string{"Base", "Parents", "Watch", "Contexts", "Sources"}

// hashed returns the names of all hashed fields in their order, and their places in definition.Image.
var hashed = sync.OnceValues(func() (names []string, places map[string][]int) {
	places = map[string][]int{}
	for _, f := range schema.Leaves(reflect.TypeFor[definition.Image]()) {
		if f.Hash == "yes" && !slices.Contains(apart, f.Name) {
			places[strings.NewReplacer("Build.Secrets", "Secrets", ".", "").Replace(f.Name)] = f.Index
		}
	}
	names = slices.Concat(first, second)
	later := slices.DeleteFunc(slices.Sorted(maps.Keys(places)), func(name string) bool { return slices.Contains(names, name) })
	return append(names, later...), places
})

// declared returns the fields of a definition that affect the image itself, as a JSON object. Tests, releases and the like do not.
func declared(image *Image) json.RawMessage {
	resolved := map[string]any{
		"Distribution": image.Distribution, "Version": image.Version, "Secrets": image.Secrets,
		"Entrypoint": image.Entrypoint.List, "EntrypointPath": image.Entrypoint.Path,
	}
	structure := reflect.ValueOf(image.Image).Elem()
	names, places := hashed()
	out := []byte{'{'}
	for i, name := range names {
		value, ok := resolved[name]
		if at, isField := places[name]; !ok && isField {
			value = hashable(structure.FieldByIndex(at))
		}
		if i >= len(first) && isEmpty(reflect.ValueOf(value)) {
			continue
		}
		member, err := json.Marshal(value)
		if err != nil {
			return nil // unreachable: only text is hashed
		}
		out = append(append(append(out, `"`+name+`":`...), member...), ',')
	}
	return append(bytes.TrimSuffix(out, []byte(",")), '}')
}

func isEmpty(v reflect.Value) bool {
	return !v.IsValid() || v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// hashable returns a value without places, and with the entries of maps in the order of their names.
func hashable(field reflect.Value) any {
	switch value := field.Interface().(type) {
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
	default:
		return value
	}
}
