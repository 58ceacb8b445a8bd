//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestTheBuildJobTestsWhatItPushes tests an image in its build job with buildah: on what is pushed, without a pull, before any tag.
func TestTheBuildJobTestsWhatItPushes(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	h := newHand(t, r, "some/project")
	const broken = `STEMMA_TESTS=[{"name":"works","run":"test -e /fixed"},{"name":"hangs","run":"sleep 60","timeout":1}]`
	if last := h.fail(broken, schema.VarDistributionExec+"=head -c 100000 /dev/urandom > /made", schema.VarImage+"=image"); strings.Contains(last, "Pushed") {
		t.Error(last)
	}
	if r.has("some/project/image:1") || !r.has("some/project/image:"+schema.PrefixUntested+"1") {
		t.Error("the tag is set, or there is no record")
	}
	kept := labels(t, r.image(t, "some/project/image:"+schema.PrefixUntested+"1"))[schema.LabelUntested]
	if read := r.readLayers(t, "some/project/image", r.image(t, "some/project/image@"+kept)); len(read) > 0 {
		t.Errorf("the image was pulled to be tested: %v", read)
	}

	// The retry tests the same image, and what was wrong with the test is not in the image.
	log := h.build(`STEMMA_TESTS=[{"name":"works","run":"test -s /made"}]`, schema.VarDistributionExec+"=head -c 100000 /dev/urandom > /made", schema.VarImage+"=image")
	if got := digest(t, r.image(t, "some/project/image:1")); got != kept || !strings.Contains(log, "Test "+r.Host) {
		t.Errorf("the tag names %s, and %s was kept:\n%s", got, kept, log)
	}
	if len(r.readLayers(t, "some/project/image", r.image(t, "some/project/image:1"))) == 0 {
		t.Error("the retry did not pull the image")
	}
}

// TestTheTestedImageIsThePushedOne looks at the container of a test while the test waits.
func TestTheTestedImageIsThePushedOne(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	h := newHand(t, r, "some/project")
	command := h.job(schema.VarDistributionExec+"=echo made > /made", schema.VarImage+"=image",
		`STEMMA_TESTS=[{"name":"waits","run":"touch begun; until test -e seen; do sleep 0.1; done","checkout":true,"timeout":60}]`)
	var log strings.Builder
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for tries := 0; !isThere(filepath.Join(command.Dir, "begun")); tries++ {
		if time.Sleep(100 * time.Millisecond); tries > 600 {
			break
		}
	}
	containers := buildah(t, "containers", "--json")
	if err := os.WriteFile(filepath.Join(command.Dir, "seen"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	image := r.image(t, "some/project/image:1")
	id, err := image.ConfigName()
	if err != nil || !strings.Contains(containers, id.Hex) {
		t.Errorf("no container is one of %s (%v):\n%s", id, err, containers)
	}
	if left := buildah(t, "images", "--quiet", "--no-trunc") + buildah(t, "containers", "--json"); strings.Contains(left, id.Hex) {
		t.Errorf("the test leaves its image or container in the storage:\n%s", left)
	}
	if read := r.readLayers(t, "some/project/image", image); len(read) > 0 {
		t.Errorf("the image was pulled to be tested: %v", read)
	}
}

func isThere(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// TestTestsSeeTheImageAlone runs tests that would find what the build job knows: variables, secrets, secrets in files.
func TestTestsSeeTheImageAlone(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	h := newHand(t, r, "some/project")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("f1les3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "Containerfile"), []byte("FROM "+r.Host+"/lib/tiny:1\nRUN --mount=type=secret,id=plain,required=true --mount=type=secret,id=file,required=true cat /run/secrets/plain /run/secrets/file | wc -c > /length\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := h.job(
		schema.VarBaseImage+"=", schema.VarImage+"=image", schema.VarContainerfile+"=Containerfile", "PLAIN=pla1ns3cret", "TOKEN="+file, "COLOUR=blue", "CI_REGISTRY_PASSWORD=reg1stry",
		`STEMMA_SECRETS=[{"id":"plain","variable":"PLAIN"},{"id":"file","variable":"TOKEN","file":true}]`, `STEMMA_ENV={"OWN":"1"}`,
		`STEMMA_TESTS=[{"name":"variables","run":"echo ENV; env"},{"name":"mounts","run":"test ! -e /run/secrets/plain; test ! -e /run/secrets/file; test ! -e `+file+`; test $(cat /length) = 21"},{"name":"files","run":"env; ls","checkout":true}]`)
	command.Dir = work
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, printed, _ := strings.Cut(string(out), "ENV\n")
	for _, hidden := range []string{"pla1ns3cret", "f1les3cret", file, "COLOUR", "reg1stry", "STEMMA_", "CI_"} {
		if strings.Contains(strings.Split(printed, "Pushed")[0], hidden) {
			t.Errorf("tests see %s:\n%s", hidden, printed)
		}
	}
	if !strings.Contains(printed, "OWN=1") || !strings.Contains(printed, "Containerfile") {
		t.Errorf("tests do not see the image or the checkout:\n%s", printed)
	}
}
