//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/schema"
)

// install is a package manager that installs 1 MiB of random data, which no compression makes smaller.
const install = "#!/bin/sh\nfor argument; do case $argument in install|add) head -c 1048576 /dev/urandom > /installed;; esac; done\n"

// commands are the programs of the base image beside busybox.
var commands = map[string]string{
	"apk": install, "apt-get": install, "dnf": install,
	"bash": "#!/bin/sh\nexec sh \"$@\"\n",
	"curl": "#!/bin/sh\necho curl\n", "cargo": "#!/bin/sh\necho cargo\n",
	"rustc": "#!/bin/sh\nprintf '#!/bin/sh\\n' > main\nchmod +x main\n",
}

// pushBases pushes one base image of 10 MiB in place of all that the examples name. It has two platforms, both with the programs of this
// machine. The result is the variable that makes jobs use it.
func pushBases(t *testing.T, r *registry) string {
	t.Helper()
	pushTiny(t, r, "lib/tiny:1")
	programs := t.TempDir()
	for name, content := range commands {
		if err := os.WriteFile(filepath.Join(programs, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+r.Host+"/lib/tiny:1"))
	defer buildah(t, "rm", container)
	buildah(t, "copy", "--quiet", container, programs, "/usr/local/bin/")
	buildah(t, "run", "--isolation", "chroot", container, "--", "/bin/sh", "-c", "head -c 10485760 /dev/urandom > /base; mkdir -p /tmp /root /usr/share")
	buildah(t, "config", "--env", "PATH=/usr/local/bin:/bin", container)
	id := strings.TrimSpace(buildah(t, "commit", "--quiet", container))
	defer buildah(t, "rmi", id)
	buildah(t, "push", "--quiet", "--tls-verify=false", id, "docker://"+r.Host+"/lib/base:1")
	index := twoPlatforms(t, r.image(t, "lib/base:1"))
	for _, base := range []string{"library/debian:trixie", "library/debian:trixie-slim", "library/nginx:stable", "library/alpine:3.22", "fedora:43"} {
		reference, err := name.ParseReference(r.Host + "/mirror/" + base)
		if err == nil {
			err = remote.WriteIndex(reference, index)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return schema.VarRegistryMirrors + "=docker.io=" + r.Host + "/mirror,registry.fedoraproject.org=" + r.Host + "/mirror"
}

func twoPlatforms(t *testing.T, image v1.Image) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range []string{"amd64", "arm64"} {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config = config.DeepCopy()
		config.Architecture = architecture
		one, err := mutate.ConfigFile(image, config)
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	return index
}
