//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackages compares the lists of packages with those that the programs of the distributions print.
func TestPackages(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+r.Host+"/lib/debian:bookworm"))
	defer buildah(t, "rm", container)
	printedIn(t, container, "dpkg --force-all --remove apt") // its configuration stays
	want := printedIn(t, container, `dpkg-query -W -f '${Package} ${Version} ${Architecture} ${db:Status-Status}\n'`)
	commitAs(t, container, r.Host+"/lib/changed:1")
	if got := packagesOf(t, r.Host+"/lib/changed:1"); cmp.Diff(sorted(want), got) != "" {
		t.Errorf("the list differs from that of dpkg-query:\n%s", cmp.Diff(sorted(want), got))
	}
	if !strings.Contains(want, " config-files\n") || strings.Count(want, "\n") < 50 {
		t.Errorf("the image has other packages than the test needs:\n%s", want)
	}
	out, err := exec.Command("stemma", "packages", r.Host+"/lib/debian:bookworm", r.Host+"/lib/changed:1").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\nremoved  apt  ") || !strings.HasSuffix(string(out), "\n1 removed.\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPackagesOfRPM reads a database that rpm wrote, with the program that is installed beside stemma.
func TestPackagesOfRPM(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	folder := filepath.Join(t.TempDir(), "var/lib/rpm")
	const testdata = "../../internal/platform/packages/testdata"
	database, err := exec.Command("gzip", "-dc", testdata+"/rpmdb.sqlite.gz").Output()
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "rpmdb.sqlite"), database, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	container := strings.TrimSpace(buildah(t, "from", "scratch"))
	defer buildah(t, "rm", container)
	buildah(t, "copy", "--quiet", container, folder, "/var/lib/rpm")
	commitAs(t, container, r.Host+"/lib/rpm:1")
	want, err := os.ReadFile(testdata + "/rpm.list")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range packagesOf(t, r.Host+"/lib/rpm:1") {
		words := strings.Fields(line)
		got = append(got, words[0]+"-"+strings.TrimPrefix(words[1], "2:")+"."+words[2])
	}
	slices.Sort(got)
	if diff := cmp.Diff(sorted(string(want)), got); diff != "" {
		t.Errorf("the list differs from that of rpm:\n%s", diff)
	}
}

// commitAs pushes a container as an image with layers in zstd.
func commitAs(t *testing.T, container, reference string) {
	t.Helper()
	id := strings.TrimSpace(buildah(t, "commit", "--quiet", container))
	defer buildah(t, "rmi", id)
	buildah(t, "push", "--quiet", "--tls-verify=false", "--format", "oci", "--compression-format", "zstd", id, "docker://"+reference)
}

// packagesOf lists the packages of an image, each as "NAME VERSION ARCHITECTURE STATE".
func packagesOf(t *testing.T, reference string) []string {
	t.Helper()
	out, err := exec.Command("stemma", "packages", "--format", "json", reference).Output()
	var listing struct {
		Databases []struct {
			Packages []struct{ Name, Version, Architecture, State string }
		}
	}
	if err == nil {
		err = json.Unmarshal(out, &listing)
	}
	if err != nil || len(listing.Databases) != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	var lines []string
	for _, p := range listing.Databases[0].Packages {
		if p.State == "" {
			p.State = "installed"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", p.Name, p.Version, p.Architecture, p.State))
	}
	slices.Sort(lines)
	return lines
}

// sorted returns the lines of a text in order.
func sorted(text string) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return lines
}
