package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Recipe describes a distribution; distribution.cue documents each field.
type Recipe struct {
	// IsOwn tells whether the project defines it. Then its jobs have it in VarDistributions.
	IsOwn bool `json:"-"`

	Name    string            `json:"name"`
	Base    string            `json:"base"`
	Version string            `json:"version,omitempty"`
	Env     map[string]string `json:"env"`
	Upgrade string            `json:"upgrade"`
	Install string            `json:"install"`
	Clean   string            `json:"clean"`
	Updates string            `json:"updates"`
	// Missing and Available ask about packages; they change no image.
	Missing   string `json:"missing"`
	Available string `json:"available"`
}

// BaseImage returns the reference of the base image of a version.
func (r Recipe) BaseImage(version string) string {
	return strings.ReplaceAll(r.Base, "{version}", version)
}

// ImageVersion returns the version of an image whose definition or job names this one. The default applies if it names none, or if the
// base image has no version to choose.
func (r Recipe) ImageVersion(named string) string {
	if named == "" || r.Version != "" && !r.HasVersions() {
		return r.Version
	}
	return named
}

// HasVersions reports whether the base image has a version to choose.
func (r Recipe) HasVersions() bool { return strings.Contains(r.Base, "{version}") }

// NeedsVersion reports whether an image on the base image of the distribution must name a version.
func (r Recipe) NeedsVersion() bool { return r.Version == "" && r.HasVersions() }

// Hash returns the hash of the recipe that a compiled job carries: the first ContentTagLength hex digits of the SHA-256
// of the JSON of the fields that change an image.
func (r Recipe) Hash() string {
	r.Updates, r.Missing, r.Available = "", "", ""
	canonical, err := json.Marshal(r)
	if err != nil {
		return "" // unreachable: a Recipe holds only text
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])[:ContentTagLength]
}

// Check returns an error if a script is missing, if the base is no reference, or if a variable has no valid name.
func (r Recipe) Check() error {
	for _, script := range []struct{ name, text string }{
		{"upgrade", r.Upgrade}, {"install", r.Install}, {"clean", r.Clean}, {"updates", r.Updates}, {"missing", r.Missing}, {"available", r.Available},
	} {
		if strings.TrimSpace(script.text) == "" {
			return fmt.Errorf("the script %s is missing", script.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		if !variableName().MatchString(name) {
			return fmt.Errorf("%q is not the name of a variable", name)
		}
	}
	_, err := ParseReference(r.BaseImage(cmp.Or(r.Version, "1")))
	return err
}

var (
	distributionName = pattern.Lazy(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	variableName     = pattern.Lazy(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Recipes are the recipes of all distributions, by key.
type Recipes map[string]Recipe

// Add adds the distributions of a project, which may not have the names of stemma's own.
func (r Recipes) Add(own Recipes) error {
	for _, name := range own.Names() {
		recipe := own[name]
		if _, ok := r[name]; ok {
			return fmt.Errorf("stemma has a distribution %s already", name)
		}
		if !distributionName().MatchString(name) {
			return fmt.Errorf("%q is not the name of a distribution", name)
		}
		if err := recipe.Check(); err != nil {
			return fmt.Errorf("the distribution %s: %w", name, err)
		}
		recipe.IsOwn = true
		r[name] = recipe
	}
	return nil
}

// LoadRecipes decodes the embedded recipes.
func LoadRecipes() (Recipes, error) {
	var recipes Recipes
	if err := json.Unmarshal(Distributions, &recipes); err != nil {
		return nil, fmt.Errorf("read the embedded distributions: %w", err)
	}
	return recipes, nil
}

// Recipe returns the recipe of a distribution.
func (r Recipes) Recipe(distribution string) (Recipe, bool) {
	recipe, ok := r[distribution]
	return recipe, ok
}

// Names returns the keys of all distributions, sorted.
func (r Recipes) Names() []string { return slices.Sorted(maps.Keys(r)) }
