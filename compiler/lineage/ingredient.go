package lineage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// declared returns the fields of a definition that affect the image itself. Tests, releases and the like do not.
func declared(image *Image) any {
	type entry struct{ Name, Value string }
	sorted := func(entries []definition.Entry) []entry {
		out := make([]entry, len(entries))
		for i, e := range entries {
			out[i] = entry{e.Name, e.Value}
		}
		slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
		return out
	}
	packages := make([]string, len(image.Packages))
	for i, p := range image.Packages {
		packages[i] = p.Value
	}
	return struct {
		Distribution, Version          string
		Packages                       []string
		Exec                           string
		Containerfile, Context, Target string
		Args, Labels, Env              []entry
		Platforms                      []definition.Platform
		Entrypoint                     []string
		EntrypointPath, Workdir, User  string
		Expires                        string
		// Newer fields are omitted if empty, so that existing tags do not change.
		BuildEnv []entry          `json:",omitempty"`
		Users    map[string]int64 `json:",omitempty"`
		Secrets  []schema.Secret  `json:",omitempty"`
	}{
		image.Distribution, image.Version, packages, image.Exec.Value,
		image.Containerfile.Value, image.Context.Value, image.Target.Value,
		sorted(image.Args), sorted(image.Labels), sorted(image.Env), image.Platforms,
		image.Entrypoint, image.EntrypointPath, image.Workdir, image.User, image.Expires,
		sorted(image.Build.Env), image.Users, image.Secrets,
	}
}
