package generate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	componentsBegin = "<!-- components: written by make generate -->\n"
	componentsEnd   = "<!-- end of components -->\n"
)

// It is not parallel, because another test writes the README too.
func TestReadmeListsTheComponents(t *testing.T) {
	files, err := filepath.Glob(top + "/templates/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var table strings.Builder
	table.WriteString("| component | what it does | inputs, the required ones first |\n|---|---|---|\n")
	recipes, err := schema.LoadRecipes()
	if err != nil {
		t.Fatal(err)
	}
	var distributions []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		if _, ok := recipes.Recipe(name); ok {
			distributions = append(distributions, "`"+name+"`")
			continue
		}
		table.WriteString(componentRow(t, name, file))
	}
	fmt.Fprintf(&table, "| %s | `all` for one distribution | |\n", strings.Join(distributions, ", "))

	source, err := os.ReadFile(top + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, hasBegin := bytes.Cut(source, []byte(componentsBegin))
	shown, after, hasEnd := bytes.Cut(rest, []byte(componentsEnd))
	switch {
	case !hasBegin || !hasEnd:
		t.Fatal("the README has no place for the components")
	case string(shown) == table.String():
	case *update:
		now := string(before) + componentsBegin + table.String() + componentsEnd + string(after)
		if err := os.WriteFile(top+"/README.md", []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the README lists\n%s\nwant\n%s", shown, table.String())
	}
}

// componentRow describes a component by the comment at its top and its inputs.
func componentRow(t *testing.T, name, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		Spec struct{ Inputs yaml.Node }
	}
	if err := yaml.Unmarshal(content, &head); err != nil {
		t.Fatal(err)
	}
	var required, optional []string
	for i := 0; i+1 < len(head.Spec.Inputs.Content); i += 2 {
		input, settings := head.Spec.Inputs.Content[i].Value, map[string]any{}
		if err := head.Spec.Inputs.Content[i+1].Decode(&settings); err != nil {
			t.Fatal(err)
		}
		if _, hasDefault := settings["default"]; hasDefault {
			optional = append(optional, "`"+input+"`")
		} else {
			required = append(required, "**`"+input+"`**")
		}
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(string(content), "# "), "\n")
	return fmt.Sprintf("| [`%s`](templates/%s.yml) | %s | %s |\n", name, name, strings.TrimSuffix(first, "."), strings.Join(append(required, optional...), ", "))
}
