//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const policies = "../../compiler/testdata/policies.txt"

// policyFiles are the files that the cases of testdata/policies.txt may use.
var policyFiles = map[string]string{
	"app/Containerfile":    "FROM debian:trixie\nRUN wget http://x\nUSER root\n",
	"here/Containerfile":   "FROM debian:trixie\nRUN <<EOT\napt-key add\nEOT\n",
	"latest/Containerfile": "FROM busybox\n",
	"secret/Containerfile": "FROM debian:trixie\nRUN --mount=type=secret,id=token true\n",
	"stemma.lock": strings.ReplaceAll("version: 1\nparents:\n  \"quay.io/corp/fresh:1\": {digest: DIGEST, firstSeen: 2026-11-01T00:00:00Z}\n"+
		"  \"quay.io/corp/locked:1\": {digest: DIGEST, firstSeen: 2026-06-01T00:00:00Z}\n", "DIGEST", "sha256:"+strings.Repeat("b", 64)),
}

// plainImages follow some of the policies.
const plainImages = "images: {app: {distribution: debian, version: trixie, labels: {owner: team-a}, user: \"1000\"}}\n"

// TestPoliciesAgreeWithCUE lets `cue vet` judge the resolved definition of each case, and a plain definition, and expects the same of `stemma check`.
func TestPoliciesAgreeWithCUE(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(policies)
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(content), "\n=== ")[1:]
	if len(cases) < 60 {
		t.Fatalf("got %d cases, want at least 60", len(cases))
	}
	module := t.TempDir()
	run(t, module, "cue", "mod", "init", "corp.example/images@v0")
	run(t, module, "stemma", "schema", "--cue")
	agreed, rejected := 0, 0
	for _, entry := range cases {
		name, body, _ := strings.Cut(entry, "\n")
		parts := regexp.MustCompile(`(?m)^---\n`).Split(body, -1)
		own := strings.ReplaceAll(parts[1], "§", "")
		for _, form := range []struct{ file, images string }{{"stemma.yaml", own}, {"stemma.cue", own}, {"stemma.yaml", plainImages}} {
			dir, file := t.TempDir(), form.file
			files := map[string]string{file: "version: 1\n" + form.images + "policy: \"policy\"\n", "policy/rule.cue": "package policy\n\n" + parts[0]}
			for _, all := range []map[string]string{files, policyFiles} {
				for name, content := range all {
					writeInto(t, dir, name, content)
				}
			}
			if err := os.CopyFS(dir, os.DirFS(module)); err != nil {
				t.Fatal(err)
			}
			writeInto(t, dir, "resolved.json", run(t, dir, "stemma", "resolve", "--date", "2026-11-22"))
			byCUE, outCUE := accepts(dir, "cue", "vet", "./policy", "resolved.json")
			_, found := accepts(dir, "stemma", "check", "--date", "2026-11-22", "--format", "json")
			if isAccepted := !strings.Contains(found, `"code": "policy"`); isAccepted != byCUE {
				t.Errorf("%s in %s: cue accepts it: %v, stemma: %v\n%s\n%s", name, file, byCUE, isAccepted, outCUE, found)
				continue
			}
			agreed++
			if !byCUE {
				rejected++
			}
		}
	}
	t.Logf("cue vet and stemma agree on %d of %d definitions, and reject %d", agreed, 3*len(cases), rejected)
}

// TestTheExampleOfAPolicyIsCUE formats and vets the example with CUE's own command.
func TestTheExampleOfAPolicyIsCUE(t *testing.T) {
	t.Parallel()
	const example = "../../examples/policy"
	resolved := filepath.Join(t.TempDir(), "resolved.json")
	if err := os.WriteFile(resolved, []byte(run(t, example, "stemma", "resolve")), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, filepath.Join(example, "policy"), "cue", "fmt", "--check", ".")
	run(t, filepath.Join(example, "policy"), "cue", "vet", ".", resolved)
	run(t, example, "stemma", "policy", "test", "policy")
}

// accepts reports whether a command ends with 0, and returns its output.
func accepts(dir, program string, args ...string) (ok bool, output string) {
	command := exec.Command(program, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	return err == nil, string(out)
}

func writeInto(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAPolicyIsAModule publishes the example to a registry, and lets a project in YAML name it.
func TestAPolicyIsAModule(t *testing.T) {
	t.Setenv("CUE_REGISTRY", startRegistry(t).Host+"+insecure")
	t.Setenv("CUE_CACHE_DIR", filepath.Join(t.TempDir(), "cache"))
	t.Cleanup(func() { run(t, ".", "chmod", "-R", "u+w", os.Getenv("CUE_CACHE_DIR")) })
	policy, dir := t.TempDir(), t.TempDir()
	if err := os.CopyFS(policy, os.DirFS("../../examples/policy/policy")); err != nil {
		t.Fatal(err)
	}
	run(t, policy, "cue", "mod", "publish", "v1.0.0")

	writeInto(t, dir, "stemma.yaml", "version: 1\npolicy: corp.example/policy@v1\nimages:\n"+
		"  app: {user: root, distribution: alpine, base: \"docker.io/library/alpine@sha256:"+strings.Repeat("b", 64)+"\"}\n")
	run(t, dir, "cue", "mod", "init", "corp.example/images@v0")
	run(t, dir, "cue", "mod", "get", "corp.example/policy@v1.0.0")
	if ok, out := accepts(dir, "stemma", "compile"); ok || !strings.Contains(out, "run `stemma lock`") {
		t.Errorf("a module that is not in the project is accepted: %v\n%s", ok, out)
	}
	if out := run(t, dir, "stemma", "lock"); !strings.Contains(out, "corp.example/policy@v1.0.0: pinned to sha256:") {
		t.Errorf("the lock does not name the module:\n%s", out)
	}
	t.Setenv("CUE_REGISTRY", "registry.invalid")
	ok, out := accepts(dir, "stemma", "compile")
	for _, want := range []string{"stemma.yaml:4:15: error[policy]: policy: app runs as root", "note: corp.example/policy@v1.0.0/non_root.cue:4:52: the rule non_root"} {
		if ok || !strings.Contains(out, want) {
			t.Errorf("want %q:\n%s", want, out)
		}
	}
}
