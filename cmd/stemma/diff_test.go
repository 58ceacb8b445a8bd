package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestDiffOfImagesInTheRegistry(t *testing.T) {
	t.Parallel()
	definition := "version: 1\nimages:\n  base: {distribution: debian, version: bookworm, packages: [gcc]}\n  tools: {base: base}\n"
	s := newSandbox(t, definition)
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/Group/Project")
	s.pushImage("group/project/base:"+s.tag("base"), v1.Config{User: "root", Env: []string{"A=1"}, Labels: map[string]string{"team": "one", "stemma.image": "base"}}, map[string]string{
		"etc/os-release":      someRelease,
		"var/lib/dpkg/status": "Package: gcc\nVersion: 4:12.2.0-3\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.2.15-2+b2\nArchitecture: amd64\n",
	})
	s.commit()
	s.prints(s.stemma(0, "diff", "--images"), "No effect")
	s.write("stemma.yaml", strings.Replace(definition, "gcc", "cargo", 1))
	s.prints(s.stemma(0, "diff", "--images"), "tools\n  the registry does not have the old image ", ", so there is nothing to compare with\n")
	unreachable := s.stemma(3, "diff", "--images", "--registry", "127.0.0.1:1/group/project")
	if strings.Count(unreachable, "connection refused") != 1 {
		t.Errorf("got %s, want one line about the registry", unreachable)
	}
	s.prints(s.stemma(0, "diff", "--images"), "base\n  the registry does not have "+s.registry.Host+"/group/project/base:"+s.tag("base")+": it is compared once it is built\n")
	s.pushImage("group/project/base:"+s.tag("base"), v1.Config{User: "1000", Entrypoint: []string{"sh", "-c"}, Env: []string{"A=2"}, Labels: map[string]string{"team": "two", "stemma.image": "new"}}, map[string]string{
		"etc/os-release":      someRelease,
		"var/lib/dpkg/status": "Package: cargo\nVersion: 0.66.0\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.2.15-2+b7\nArchitecture: amd64\n",
	})
	printed := s.stemma(0, "diff", "--images")
	s.prints(printed, `Contents of the images
base
  user: root → 1000
  entrypoint: +["sh","-c"]
  env: A: 1 → 2
  labels: team: one → two
  layers: 0 of 1 are those of the old image
  packages: +cargo=0.66.0, −gcc, bash: 5.2.15-2+b2 → 5.2.15-2+b7
tools
  the registry does not have the old image `)
	s.prints(s.stemma(0, "diff", "--images", "--format", "json"), `"key": "packages",
          "added": [
            "cargo=0.66.0"
          ],`)
}

// The digests of the lock are compared, too.
func TestDiffOfAMovedLock(t *testing.T) {
	t.Parallel()
	lock := func(digest string) string {
		return "version: 1\nparents:\n  \"REGISTRY/lib/debian:12\":\n    digest: " + digest + "\n    firstSeen: 2026-11-20T00:00:00Z\n"
	}
	s := newSandbox(t, "version: 1\nimages:\n  base: {base: \"REGISTRY/lib/debian:12\", distribution: debian}\n")
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/group/project")
	var digests []string
	for _, user := range []string{"", "1000"} {
		s.pushImage("lib/debian:12", v1.Config{User: user}, map[string]string{"a": "a"})
		digests = append(digests, s.digest("lib/debian:12"))
	}
	s.write("stemma.lock", lock(digests[0]))
	s.commit()
	s.write("stemma.lock", lock(digests[1]))
	s.prints(s.stemma(0, "diff", "--images"), s.registry.Host+"/lib/debian:12\n  user: root → 1000\n  layers: 1 of 1 are those of the old image\n")
}

func TestJSONHasNoHiddenCharacters(t *testing.T) {
	t.Parallel()
	const value = "ä\u009b31m\u202eb\U000e0001\x7f\n\u00e9"
	var out bytes.Buffer
	if err := printJSON(&out, value); err != nil {
		t.Fatal(err)
	}
	if want := `"ä\u009b31m\u202eb\udb40\udc01\u007f\né"` + "\n"; out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
	var read string
	if err := json.Unmarshal(out.Bytes(), &read); err != nil || read != value {
		t.Errorf("got %q and %v, want %q", read, err, value)
	}
}
