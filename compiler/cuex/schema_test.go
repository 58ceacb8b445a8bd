package cuex_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/schema"
)

var update = flag.Bool("update", false, "write what is generated")

func TestDistributionsAreCurrent(t *testing.T) {
	t.Parallel()
	want, err := cuex.ExportJSON(schema.FS, "distributions")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../../schema/distribution.json", want)
}

func TestShapesAreCurrent(t *testing.T) {
	t.Parallel()
	shapes, err := cuex.Shapes(schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	want, err := goSource(shapes)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../shape/prepared.go", want)
}

func TestKeysAreCurrent(t *testing.T) {
	t.Parallel()
	shapes, err := cuex.Shapes(schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	want, err := keysSource(shapes)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../../schema/keys.cue", want)
}

func compare(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale, run `make generate`:\n%s", file, diff)
	}
}
