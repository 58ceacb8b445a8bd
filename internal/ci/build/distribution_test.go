package build_test

import (
	"errors"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func voidRecipe(base string) schema.Recipe {
	return schema.Recipe{Name: "Void", Base: base, Env: map[string]string{"A": "b"}, Upgrade: "up", Install: `in "$@"`, Clean: "clean", Updates: "up", Missing: "miss", Available: "all"}
}

// newVoid is a job of an image whose distribution is the project's own.
func newVoid(t *testing.T, recipe schema.Recipe) *jobtest.Scene {
	t.Helper()
	s := jobtest.New(t)
	s.Vars[schema.VarDistributionName], s.Vars[schema.VarDistributionPackages] = "void", "curl"
	s.Vars[schema.VarDistributions] = schema.JSON(schema.Recipes{"void": recipe})
	s.Vars[schema.VarRecipe] = recipe.Hash()
	return s
}

func TestOwnDistributionInstallsPackages(t *testing.T) {
	t.Parallel()
	s := newVoid(t, voidRecipe("ghcr.io/void:latest"))
	jobtest.Check(t, s.Build())
	built := s.Builder.Built[0]
	if built.Recipe == nil || built.Recipe.Install != `in "$@"` || built.Recipe.Env["A"] != "b" || len(built.Packages) != 1 {
		t.Errorf("got %+v, want the recipe of void", built)
	}
}

// A base without {version} leaves no version to name.
func TestOwnDistributionNeedsNoVersion(t *testing.T) {
	t.Parallel()
	s := newVoid(t, schema.Recipe{})
	recipe := voidRecipe(s.Registry.Host + "/lib/base:1")
	s.Vars[schema.VarDistributions], s.Vars[schema.VarRecipe] = schema.JSON(schema.Recipes{"void": recipe}), recipe.Hash()
	delete(s.Vars, schema.VarBaseImage)
	jobtest.Check(t, s.Build())
	if built := s.Builder.Built[0]; !built.Upgrade {
		t.Errorf("got %+v, want an image on the base of void", built)
	}
}

func TestOwnDistributionsAreChecked(t *testing.T) {
	t.Parallel()
	without := func(change func(*schema.Recipe)) string {
		recipe := voidRecipe("ghcr.io/void:latest")
		change(&recipe)
		return schema.JSON(schema.Recipes{"void": recipe})
	}
	for name, test := range map[string]struct{ value, want string }{
		"no JSON":               {"{", "STEMMA_DISTRIBUTIONS is not the JSON that it should be"},
		"a list":                {"[]", "STEMMA_DISTRIBUTIONS is not the JSON that it should be"},
		"no script":             {without(func(r *schema.Recipe) { r.Install = " \n" }), "STEMMA_DISTRIBUTIONS: the distribution void: the script install is missing"},
		"no base":               {without(func(r *schema.Recipe) { r.Base = "" }), "STEMMA_DISTRIBUTIONS: the distribution void: "},
		"a base with an option": {without(func(r *schema.Recipe) { r.Base = "--authfile=x" }), "STEMMA_DISTRIBUTIONS: the distribution void: "},
		"an option as variable": {without(func(r *schema.Recipe) { r.Env = map[string]string{"--volume=/:/host": ""} }), `"--volume=/:/host" is not the name of a variable`},
		"one of stemma's":       {`{"fedora": {}}`, "STEMMA_DISTRIBUTIONS: stemma has a distribution fedora already"},
		"no name":               {`{"../x": {}}`, `"../x" is not the name of a distribution`},
		"another recipe":        {without(func(r *schema.Recipe) { r.Install = "other" }), "STEMMA_DISTRIBUTIONS has another recipe of void"},
		"nothing":               {"", `FDO_DISTRIBUTION_NAME is "void", which is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newVoid(t, voidRecipe("ghcr.io/void:latest"))
			s.Vars[schema.VarDistributions] = test.value
			err := s.Build()
			var usage jobenv.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want wrong usage with %q", err, test.want)
			}
			if len(s.Builder.Built) > 0 {
				t.Error("an image was built")
			}
		})
	}
}
