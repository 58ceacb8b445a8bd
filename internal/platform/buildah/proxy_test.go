package buildah

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestNoArgumentHasThePasswordOfAProxy builds both kinds of images. Every user of a machine can read the arguments of its processes.
func TestNoArgumentHasThePasswordOfAProxy(t *testing.T) {
	const proxy, packages = "http://me:s3cret@proxy:8080", "http://me:s3cret@apt:3142"
	recipe := &schema.Recipe{Install: "install", Upgrade: "upgrade", Clean: "clean"}
	tests := map[string]struct {
		image Image
		// command of buildah has the proxy in its environment.
		command, proxy string
	}{
		"a Containerfile": {Image{Settings: schema.Settings{Proxy: schema.Proxy{Build: proxy}}, Containerfile: &Containerfile{File: "Containerfile", Context: "."}}, "build", proxy},
		"packages":        {Image{Base: "r/a@sha256:1", Recipe: recipe, Packages: []string{"gcc"}, Settings: schema.Settings{Proxy: schema.Proxy{Build: proxy}}}, "run", proxy},
		"only packages":   {Image{Base: "r/a@sha256:1", Recipe: recipe, Packages: []string{"gcc"}, Settings: schema.Settings{Proxy: schema.Proxy{Packages: packages}}}, "run", packages},
		"a snippet":       {Image{Base: "r/a@sha256:1", Settings: schema.Settings{Proxy: schema.Proxy{Build: proxy}}, Exec: &Snippet{Script: "true"}}, "from", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeBuildah(t)
			t.Chdir(f.folder)
			f.write("Containerfile", "FROM a\n")
			test.image.Format = "oci"
			if test.image.Exec != nil {
				test.image.Exec.Clone = t.TempDir()
			}
			err := f.Build(t.Context(), test.image, filepath.Join(t.TempDir(), "image"))
			if err != nil && test.image.Exec == nil { // a snippet ends with a mount, of which there is none here
				t.Fatal(err)
			}
			if arguments := strings.Join(f.arguments(), " "); strings.Contains(arguments, "s3cret") {
				t.Errorf("the password is in the arguments: %s", arguments)
			}
			for _, variable := range []string{"http_proxy", "HTTPS_PROXY"} {
				if has := slices.Contains(f.environment(test.command), variable+"="+test.proxy); has != (test.proxy != "") {
					t.Errorf("buildah %s has %q", test.command, f.environment(test.command))
				}
			}
		})
	}
}

// TestBuildahNeedsNoProxyForRegistries has registries of the private network and a proxy to the outside.
func TestBuildahNeedsNoProxyForRegistries(t *testing.T) {
	f := newFakeBuildah(t)
	t.Chdir(f.folder)
	f.write("Containerfile", "FROM registry.example.com/a\nCOPY --from=b / /\nFROM debian\n")
	f.environ = append(f.environ, "NO_PROXY=.corp", "CI_SERVER_HOST=gitlab.example.com")
	image := Image{Format: "oci", Settings: schema.Settings{Proxy: schema.Proxy{Build: "http://proxy"}}, Containerfile: &Containerfile{File: "Containerfile", Context: ".", Contexts: map[string]string{"b": "10.0.0.1:5000/b"}}}
	if err := f.Build(t.Context(), image, filepath.Join(t.TempDir(), "image")); err != nil {
		t.Fatal(err)
	}
	if want := "NO_PROXY=.corp,10.0.0.1:5000,registry.example.com,gitlab.example.com"; !slices.Contains(f.environment("build"), want) {
		t.Errorf("no %s in %q", want, f.environment("build"))
	}
	if arguments := f.arguments(); !slices.Contains(arguments, "https_proxy") {
		t.Errorf("the build does not know the proxy: %q", arguments)
	}
}
