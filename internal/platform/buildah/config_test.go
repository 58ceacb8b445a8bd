package buildah

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestEachFieldOfTheConfigurationReachesTheImage sets one field after the other, in both kinds of images.
func TestEachFieldOfTheConfigurationReachesTheImage(t *testing.T) {
	kinds := map[string]Image{
		"packages":        {Format: "oci", Base: "r/a@sha256:1"},
		"a Containerfile": {Format: "oci", Containerfile: &Containerfile{File: "Containerfile", Context: "."}},
	}
	for kind, image := range kinds {
		for _, field := range schema.Leaves(reflect.TypeFor[schema.Config]()) {
			t.Run(kind+"/"+field.Name, func(t *testing.T) {
				f := newFakeBuildah(t)
				t.Chdir(f.folder)
				f.write("Containerfile", "FROM a\n")
				image := image // the fields of others are not set
				if err := schema.Read(func(name string) string {
					if name == field.Variable {
						return "the-value"
					}
					return ""
				}, &image); err != nil {
					t.Fatal(err)
				}
				if err := f.Build(t.Context(), image, filepath.Join(t.TempDir(), "image")); err != nil {
					t.Fatal(err)
				}
				arguments := f.arguments()
				config := slices.Index(arguments, "config")
				if config < 0 || !strings.Contains(strings.Join(arguments[config:], " "), "the-value") {
					t.Errorf("the arguments are %q, want `config` with the value", arguments)
				}
				if !slices.Contains(arguments, "commit") {
					t.Errorf("the arguments are %q, want `commit`", arguments)
				}
			})
		}
	}
}
