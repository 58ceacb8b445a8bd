package resolved_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

var update = flag.Bool("update", false, "rewrite the resolved definition that is expected")

// resolve resolves the project in testdata/project.
func resolve(t *testing.T) (fs.FS, any, *tree.Node) {
	t.Helper()
	project := os.DirFS("testdata/project")
	date, err := schema.ParseDate("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	result, found, err := compilertest.CompileWith(project, compiler.Options{NoPolicies: true})
	if err != nil || found.HasErrors() {
		t.Fatalf("%v, %v", found, err)
	}
	value := result.Resolved(date)
	return project, value, value.Tree()
}

// The project uses all keys that the resolved definition shows.
func TestTheResolvedDefinition(t *testing.T) {
	t.Parallel()
	_, value, _ := resolve(t)
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/resolved.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("resolved definition (-want +got):\n%s", diff)
	}
}

// The value with places is the one that is printed, and has the form that its schema describes.
func TestTheTreeIsTheValueAndFollowsTheSchema(t *testing.T) {
	t.Parallel()
	project, value, document := resolve(t)
	printed, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(printed, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, plain(t, document)); diff != "" {
		t.Errorf("printed (-) and tree (+):\n%s", diff)
	}
	var found diagnostic.List
	if judged := (cuex.InProcess{}).Judge(project, "policy", diagnostic.Span{}, document, &found); judged.Rules == nil || judged.Violations != nil || found != nil {
		t.Errorf("got %+v, %v", judged, found)
	}
}

// plain returns a tree as encoding/json decodes it.
func plain(t *testing.T, n *tree.Node) any {
	t.Helper()
	switch n.Kind {
	case tree.Map:
		out := map[string]any{}
		for _, field := range n.Fields {
			out[field.Name] = plain(t, field.Value)
		}
		return out
	case tree.List:
		out := []any{}
		for _, item := range n.Items {
			out = append(out, plain(t, item))
		}
		return out
	case tree.String:
		return n.Text
	}
	var out any
	if err := json.Unmarshal([]byte(n.Text), &out); err != nil {
		t.Errorf("%q is not JSON: %v", n.Text, err)
	}
	return out
}
