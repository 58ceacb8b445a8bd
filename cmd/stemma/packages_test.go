package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// pushFiles pushes an image with one layer.
func (s *sandbox) pushFiles(reference string, files map[string]string) {
	s.Helper()
	s.pushImage(reference, v1.Config{}, files)
}

// pushImage pushes an image with a configuration and one layer.
func (s *sandbox) pushImage(reference string, config v1.Config, files map[string]string) {
	s.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		s.must(w.WriteHeader(&tar.Header{Name: file, Mode: 0o644, Size: int64(len(files[file]))}))
		_, err := io.WriteString(w, files[file])
		s.must(err)
	}
	s.must(w.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	s.must(err)
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: config})
	s.must(err)
	image, err = mutate.AppendLayers(image, layer)
	s.must(err)
	target, err := name.ParseReference(s.registry.Host + "/" + reference)
	s.must(err)
	s.must(remote.Write(target, image))
}

const someRelease = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"

func TestPackages(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/Group/Project")
	s.pushFiles("group/project/base:latest", map[string]string{
		"etc/os-release":      someRelease,
		"var/lib/dpkg/status": "Package: gcc\nVersion: 4:12.2.0-3\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.2.15-2+b2\nArchitecture: amd64\n",
	})
	s.pushFiles("group/project/base:"+s.tag("base"), map[string]string{
		"etc/os-release":      someRelease,
		"var/lib/dpkg/status": "Package: cargo\nVersion: 0.66.0\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.2.15-2+b7\nArchitecture: amd64\n",
	})
	s.prints(s.stemma(0, "packages", "base:latest"),
		" linux/amd64 Debian GNU/Linux 12 (bookworm)\n\ndpkg in /var/lib/dpkg/status: 2 packages\nbash  5.2.15-2+b2  amd64\ngcc   4:12.2.0-3   amd64\n")
	s.prints(s.stemma(0, "packages", "base:latest", "base"), "5.2.15-2+b2 -> 5.2.15-2+b7")
	s.environ = append(s.environ, "LC_ALL=C.UTF-8")
	s.prints(s.stemma(0, "packages", "base:latest", "base"),
		"upgraded  bash   5.2.15-2+b2 → 5.2.15-2+b7  amd64\nadded     cargo  0.66.0                     amd64\nremoved   gcc    4:12.2.0-3                 amd64\n1 added, 1 removed, 1 upgraded.\n")
	s.prints(s.stemma(0, "packages", "base", s.registry.Host+"/group/project/base@"+s.digest("group/project/base:"+s.tag("base"))), "\n\nNo packages differ.\n")
	var listed struct {
		Image, Platform, Distribution string
		Databases                     []struct {
			Format   string
			Packages []struct{ Name, Version, Architecture string }
		}
	}
	s.must(json.Unmarshal([]byte(s.stemma(0, "packages", "base", "--format", "json")), &listed))
	if one := listed.Databases[0]; listed.Platform != "linux/amd64" || one.Format != "dpkg" || len(one.Packages) != 2 || one.Packages[1].Version != "0.66.0" {
		t.Errorf("got %+v", listed)
	}
	var compared struct{ Changes []struct{ Kind, Name string } }
	s.must(json.Unmarshal([]byte(s.stemma(0, "packages", "base:latest", "base", "--format", "json")), &compared))
	if len(compared.Changes) != 3 {
		t.Errorf("got %+v", compared)
	}
	s.prints(s.stemma(1, "packages", "base", "--platform", "linux/arm64"), "it is for linux/amd64, not for linux/arm64")
}

func TestPackagesThatAreUnknown(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	at := s.registry.Host + "/x/"
	s.pushFiles("x/scratch:1", map[string]string{"hello": "1"})
	s.prints(s.stemma(0, "packages", at+"scratch:1"), " linux/amd64: no database of packages\n")
	s.pushFiles("x/removed:1", map[string]string{"etc/os-release": someRelease})
	s.prints(s.stemma(1, "packages", at+"removed:1"), " Debian GNU/Linux 12 (bookworm): unknown packages\n", "the packages of "+at+"removed@sha256:", ": it has no database of packages that stemma can read")
	s.pushFiles("x/empty:1", map[string]string{"etc/os-release": someRelease, "var/lib/dpkg/status": ""})
	s.prints(s.stemma(1, "packages", at+"empty:1"), ": its database of packages is empty\n")
	s.pushFiles("x/nix:1", map[string]string{"nix/store/a/b": "1"})
	s.prints(s.stemma(1, "packages", at+"nix:1", at+"scratch:1"), "the packages of "+at+"nix@sha256:")
	s.pushFiles("x/debian:1", map[string]string{"etc/os-release": someRelease, "var/lib/dpkg/status": "Package: bash\nVersion: 5\n"})
	for _, pair := range [][]string{{"debian:1", "removed:1"}, {"removed:1", "debian:1"}, {"removed:1", "nix:1"}} {
		out := s.stemma(1, "packages", at+pair[0], at+pair[1])
		s.prints(out, "\nNot all packages are known, so no changes are listed.\n")
		if strings.Contains(out, "bash") || strings.Contains(out, "differ") {
			t.Errorf("%v are compared:\n%s", pair, out)
		}
	}
	s.prints(s.stemma(1, "packages", at+"removed:1", at+"nix:1"), "the packages of "+at+"removed@sha256:", "the packages of "+at+"nix@sha256:")
	s.prints(s.stemma(1, "packages", at+"debian:1", at+"removed:1", "--format", "json"), "\"changes\": null\n")
	s.pushFiles("x/hostile:1", map[string]string{"var/lib/dpkg/status": "Package: a\x1b[31m\nVersion: 1\r\x1b]0;x\x07\n", "etc/os-release": "PRETTY_NAME=\x1b[2J"})
	s.prints(s.stemma(0, "packages", at+"hostile:1"), "amd64 ·[2J\n", "\na·[31m  1··]0;x·\n")
	nameless, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{})
	s.must(err)
	s.must(remote.Write(s.reference("x/nameless:1"), nameless))
	s.prints(s.stemma(0, "packages", at+"nameless:1"), " (no platform): no database of packages\n")
	s.prints(s.stemma(1, "packages", at+"gone:1"), "the registry has no such image")
}
