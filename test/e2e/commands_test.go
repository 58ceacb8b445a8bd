//go:build e2e

package e2e_test

import (
	"archive/tar"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"gitlab.com/stemma-ci/stemma/schema"
)

var update = flag.Bool("update", false, "write the golden files")

// recorder is a package manager that notes how it was called and refuses what dnf 5 refuses.
const recorder = `#!/bin/sh
{
	printf '%s' "${0##*/}"
	for argument; do printf " '%s'" "$argument"; done
	echo
} >> /commands
for argument; do [ "$argument" != -- ] || exit 2; done
`

// TestCommandsOfEveryDistribution builds on a substitute for each distribution's base image and looks at what was called
// inside, with packages whose names a shell would take for more than names.
func TestCommandsOfEveryDistribution(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	recipes, err := schema.LoadRecipes()
	if err != nil {
		t.Fatal(err)
	}
	install := "for manager in apk apt-get dnf pacman zypper; do cat > /bin/$manager <<'END'\n" + recorder + "END\nchmod +x /bin/$manager; done"
	newHand(t, r, "lib").build(schema.VarRepoSuffix+"=recorder", schema.VarDistributionExec+"="+install)
	for _, distribution := range recipes.Names() {
		t.Run(distribution, func(t *testing.T) {
			h := newHand(t, r, "distribution/"+distribution)
			h.build(schema.VarBaseImage+"="+r.Host+"/lib/recorder:1", schema.VarDistributionName+"="+distribution,
				schema.VarDistributionPackages+"=curl\n  'pkgconfig(egl)' \"a b\" g++ 'x;reboot' '$HOME'")
			got := fileOf(t, r, h.path+"/image:1", "commands")
			golden := filepath.Join("testdata", "commands", distribution+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// fileOf is the content of a file of an image.
func fileOf(t *testing.T, r *registry, image, name string) string {
	t.Helper()
	content := mutate.Extract(r.image(t, image))
	defer content.Close()
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("%s has no file %s", image, name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimPrefix(header.Name, "/") == name {
			text, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
}
