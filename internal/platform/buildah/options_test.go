package buildah

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoPathIsAnOption builds from paths that buildah would take for options, addresses or its standard input.
func TestNoPathIsAnOption(t *testing.T) {
	f := newFakeBuildah(t)
	t.Chdir(f.folder)
	for _, path := range []string{"--volume=/:/host", "-", "http://example.com", "github.com/a/b", "."} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		f.write(filepath.Join(path, "--file"), "FROM a\n")
		image := Image{Format: "oci", Containerfile: &Containerfile{File: filepath.Join(path, "--file"), Context: path, Folders: map[string]string{"f": path}}}
		if err := f.Build(t.Context(), image, filepath.Join(t.TempDir(), "image")); err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(f.folder, path)
		for _, want := range []string{folder, filepath.Join(folder, "--file"), "f=" + folder} {
			if !slices.Contains(f.arguments(), want) {
				t.Errorf("no %s in %q", want, f.arguments())
			}
		}
		if path != "." && slices.Contains(f.arguments(), path) {
			t.Errorf("%s is an argument of its own", path)
		}
	}
}

// TestNoAddressIsAnOption clones what git would take for an option, of which --upload-pack is a command to run.
func TestNoAddressIsAnOption(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	proof := filepath.Join(folder, "ran")
	option := "--upload-pack=touch " + proof + ";false"
	for _, values := range [][2]string{{option, folder}, {"file://" + folder, option}, {option, "HEAD"}} {
		var log strings.Builder
		if err := Clone(t.Context(), os.Environ(), &log, values[0], values[1], filepath.Join(t.TempDir(), "clone")); err == nil {
			t.Errorf("%q was cloned", values)
		}
		if _, err := os.Stat(proof); err == nil {
			t.Errorf("%q ran as a command:\n%s", values, log.String())
		}
		_ = os.Remove(proof)
	}
}
