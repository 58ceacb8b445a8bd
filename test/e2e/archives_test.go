//go:build e2e

package e2e_test

import (
	"debug/elf"
	"debug/macho"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// packages is GitLab's package registry, as far as a release needs it.
type packages struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (p *packages) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	name, ok := strings.CutPrefix(request.URL.Path, "/projects/7/packages/generic/stemma/"+schema.Version+"/")
	content, err := io.ReadAll(request.Body)
	if !ok || err != nil || request.Method != http.MethodPut || request.Header.Get("Job-Token") != "job-secret" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[name] = content
	w.WriteHeader(http.StatusCreated)
}

// platforms are those whose archives are built: the machine's own, because compiling for four takes ten minutes. `-platforms` names more.
var platforms = flag.String("platforms", "linux-"+runtime.GOARCH, "the platforms of TestArchivesOfARelease, separated by spaces")

// TestArchivesOfARelease builds archives, uploads them to a registry of the test, and verifies them as a user does.
func TestArchivesOfARelease(t *testing.T) {
	t.Parallel()
	top, signer := strings.TrimSpace(run(t, ".", "git", "rev-parse", "--show-toplevel")), t.TempDir()
	run(t, top, "make", "--silent", "archives", "PLATFORMS="+*platforms)
	run(t, signer, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key")
	public, err := os.ReadFile(filepath.Join(signer, "key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(signer, "signers"), append([]byte(`releases@stemma-ci namespaces="stemma-release" `), public...), 0o600); err != nil {
		t.Fatal(err)
	}
	registry := &packages{files: map[string][]byte{}}
	server := httptest.NewServer(registry)
	defer server.Close()
	publish := func(signers string) (string, error) {
		command := exec.CommandContext(t.Context(), top+"/.ci/publish-archives")
		command.Env = append(os.Environ(), "CI_COMMIT_TAG="+schema.Version, "CI_API_V4_URL="+server.URL, "CI_PROJECT_ID=7", "CI_JOB_TOKEN=job-secret",
			"RELEASE_SIGNING_KEY="+signer+"/key", "RELEASE_SIGNERS="+signers)
		out, err := command.CombinedOutput()
		if strings.Contains(string(out), "job-secret") || strings.Contains(string(out), "PRIVATE KEY") {
			t.Errorf("a secret is in the log: %s", out)
		}
		return string(out), err
	}
	if out, err := publish(top + "/.ci/release-signers"); err == nil || len(registry.files) > 0 {
		t.Errorf("a key that nobody knows should publish nothing: %v %s", err, out)
	}
	if out, err := publish(signer + "/signers"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	user := t.TempDir()
	for name, content := range registry.files {
		if err := os.WriteFile(filepath.Join(user, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := "ssh-keygen -Y verify -f " + signer + "/signers -I releases@stemma-ci -n stemma-release -s SHA256SUMS.sig <SHA256SUMS"
	if out := run(t, user, "sh", "-c", verify+" && sha256sum --check SHA256SUMS"); strings.Count(out, ": OK\n") != len(strings.Fields(*platforms)) {
		t.Errorf("got %s, want an archive for each of %s", out, *platforms)
	}
	if exec.CommandContext(t.Context(), "sh", "-c", "cd "+user+" && echo >>SHA256SUMS && "+verify).Run() == nil {
		t.Error("the signature of changed checksums is accepted")
	}
	for _, platform := range strings.Fields(*platforms) {
		checkArchive(t, user, platform)
	}
}

// checkArchive checks that the programs of an archive are for its platform, and need no libraries on Linux.
func checkArchive(t *testing.T, dir, platform string) {
	t.Helper()
	run(t, dir, "mkdir", platform)
	run(t, dir, "tar", "-xzf", "stemma-"+schema.Version+"-"+platform+".tar.gz", "-C", platform)
	for _, program := range []string{"stemma", "stemma-cue", "stemma-import", "stemma-fairy", "stemma-rpm"} {
		file := filepath.Join(dir, platform, program)
		if strings.HasPrefix(platform, "darwin") {
			if _, err := macho.Open(file); err != nil {
				t.Errorf("%s: %v", platform, err)
			}
			continue
		}
		binary, err := elf.Open(file)
		if err != nil {
			t.Fatalf("%s: %v", platform, err)
		}
		if slices.ContainsFunc(binary.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			t.Errorf("%s of %s is not static", program, platform)
		}
	}
	if platform == "linux-"+strings.TrimSpace(run(t, dir, "go", "env", "GOHOSTARCH")) {
		if out := run(t, dir, filepath.Join(dir, platform, "stemma"), "version"); out != "stemma "+schema.Version+"\n" {
			t.Errorf("got %q", out)
		}
	}
}
