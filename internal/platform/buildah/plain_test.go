package buildah

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPlainHTTPIsForSingleRegistries builds on an image of a registry over plain HTTP, and on one of another.
func TestPlainHTTPIsForSingleRegistries(t *testing.T) {
	t.Parallel()
	const own = "[[registry]]\nprefix = \"docker.io\"\nlocation = \"mirror.example.com\"\n"
	entry := func(registry string) string {
		return "\n[[registry]]\nlocation = \"" + registry + "\"\ninsecure = true\n"
	}
	tests := map[string]struct {
		own  string
		file Containerfile
		// source is the Containerfile, want what buildah's configuration is; empty for the user's own.
		source, want string
	}{
		"no such registry":      {own, Containerfile{Contexts: map[string]string{"a": "quay.io/a/b@sha256:1"}}, "FROM a\n", ""},
		"of a parent":           {own, Containerfile{Contexts: map[string]string{"a": "10.0.0.5:5000/a/b@sha256:1", "b": "quay.io/a/b"}}, "FROM a\n", own + entry("10.0.0.5:5000")},
		"of a FROM line":        {own, Containerfile{Args: map[string]string{"R": "10.0.0.5:5000"}}, "ARG R\nFROM $R/a/b\n", own + entry("10.0.0.5:5000")},
		"of kept layers":        {own, Containerfile{Cache: LayerCache{From: []string{"10.0.0.5:5000/c"}, To: "10.0.0.6/d"}}, "FROM a\n", own + entry("10.0.0.5:5000") + entry("10.0.0.6")},
		"with the user's entry": {strings.ReplaceAll(own, "docker.io", "10.0.0.6"), Containerfile{Cache: LayerCache{To: "10.0.0.6/d"}}, "FROM a\n", strings.ReplaceAll(own, "docker.io", "10.0.0.6")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			users, file := filepath.Join(folder, "users.conf"), filepath.Join(folder, "Containerfile")
			for path, content := range map[string]string{users: test.own, file: test.source} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			b := &Builder{environ: []string{"CONTAINERS_REGISTRIES_CONF=" + users}, config: Config{Insecure: func(registry string) bool { return strings.HasPrefix(registry, "10.") }}}
			if args := b.buildArguments(Image{Containerfile: &test.file}, file, test.file.Contexts); slices.Contains(args, "--tls-verify=false") {
				t.Errorf("every registry is reached so: %v", args)
			}
			with, err := b.reaching(&test.file, file, "", filepath.Join(folder, "made"))
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				test.want = test.own
			}
			got, err := with.registriesConf()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
