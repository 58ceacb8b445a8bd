package lint

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestTheManualNamesEveryDistribution(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("(?m)^\\| `distribution`, `version` \\| .* the version of its base image: (.*), or one of ").FindStringSubmatch(read(t, "../../docs/manual.md"))
	if row == nil {
		t.Fatal("the manual has no row with the distributions")
	}
	var named []string
	for _, match := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(row[1], -1) {
		named = append(named, match[1])
	}
	slices.Sort(named)
	recipes, err := schema.LoadRecipes()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recipes.Names(), named); diff != "" {
		t.Errorf("the distributions (-) and those of the manual (+) differ:\n%s", diff)
	}
}
