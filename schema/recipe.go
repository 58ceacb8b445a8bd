package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Recipe describes a distribution; distribution.cue documents each field.
type Recipe struct {
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
	if named == "" || !strings.Contains(r.Base, "{version}") {
		return r.Version
	}
	return named
}

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

// Recipes are the recipes of all distributions, by key.
type Recipes map[string]Recipe

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
