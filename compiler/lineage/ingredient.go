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

// format numbers what a content tag is made of. Another number gives every image another tag.
const format = "1"

// Ingredient is one thing that an image is made of.
type Ingredient struct {
	// Name is "definition", "recipe", a file, a pattern, or a parent.
	Name string
	// Sum is the hex SHA-256 of it; for a parent it is the parent's tag or reference.
	Sum string
}

// Short returns the first characters of the sum, enough to see a change.
func (i Ingredient) Short() string { return i.Sum[:min(len(i.Sum), 8)] }

// mixture collects ingredients.
type mixture []Ingredient

func (m *mixture) add(name, sum string) { *m = append(*m, Ingredient{name, sum}) }

// sum is the hex SHA-256 over the ingredients. JSON keeps one apart from the next.
func (m mixture) sum() string { return hashOf(append(mixture{{"format", format}}, m...)) }

func hashOf(value any) string {
	canonical, err := json.Marshal(value)
	if err != nil {
		return "" // unreachable: only text is hashed
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// blend settles what an image is made of, and its tag. Its parents have theirs.
func (b *builder) blend(image *Image) {
	b.checkName(image.Image)
	var m mixture
	m.add("definition", hashOf(declared(image)))
	if recipe, ok := b.recipes.Recipe(image.Distribution); ok {
		m.add("distribution "+image.Distribution, recipe.Hash())
	}
	b.hashFiles(image, &m)
	b.blendSources(image, &m)
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

// ownNames are the names that a Containerfile has for its parents: which of them a line reads is not told by the list of parents.
func ownNames(image *Image) map[string]string {
	names := map[string]string{}
	for _, parent := range image.Parents {
		for _, alias := range parent.Aliases {
			names[alias] = parent.String()
		}
	}
	return names
}

// declared is what of a definition is in the image itself; tests, releases and the like change no image.
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
		// What came later is left out where it is empty, so that tags stay.
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
