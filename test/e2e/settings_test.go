//go:build e2e

package e2e_test

import (
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestParentsSourcesAndLayers builds a Containerfile with names of its own for its parents, files of another project in its context,
// and layers that are kept in the registry; then a snapshot of the chain, and a version.
func TestParentsSourcesAndLayers(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	library := newProject(t, r, "acme/library", map[string]string{"greeting": "hello\n"})
	library.git(t, "add", "-A")
	library.git(t, "commit", "-q", "-m", "first")
	p := newProject(t, r, "acme/app", map[string]string{
		".gitlab-ci.yml": "stages: [build, test, deploy]\nvariables: {}\ninclude: [{local: .gitlab/stemma.gitlab-ci.yml}]\n",
		"stemma.yaml": `version: 1
images:
  tools:
    distribution: debian
    base: ` + r.Host + `/lib/tiny:1
    build: {env: {COLOUR: blue}}
    proxy: {build: "http://127.0.0.1:1"}
    exec: test "$http_proxy" = http://127.0.0.1:1 && echo "$COLOUR" > /colour
  app:
    containerfile: app/Containerfile
    parents: {os: "` + r.Host + `/lib/tiny:1", paint: tools}
    contexts: {files: http-files}
    sources: [{url: ` + serveGit(t, library.dir) + `/.git, path: src/library}]
    build: {cache: true, secrets: {token: API_TOKEN, unset: NOT_SET}}
    checks: {maxSize: 50MB, ociLayers: true}
    tests: [{name: made of all, run: "cat /colour /greeting /note /mounted && grep -q 7d01fe69c3 /sum"}, {name: with files, run: test -f app/Containerfile, checkout: true}]
    release: [{tags: [latest, "{version}", "{major}"]}]
`,
		"http-files/note":   "a note\n",
		"app/Containerfile": "FROM os\nCOPY --from=files /note /note\nRUN --mount=type=bind,from=files,target=/f cp /f/note /mounted\nCOPY --from=paint /colour /colour\nRUN echo step > /step\nRUN --mount=type=secret,id=unset --mount=type=secret,id=token,required=true sha256sum < /run/secrets/token > /sum\nCOPY src/library/greeting /greeting\n",
	})
	p.git(t, "add", "-A")
	lock := exec.Command("stemma", "lock")
	lock.Dir = p.dir
	lock.Env = append(lock.Environ(), schema.VarInsecureRegistries+"="+r.Host)
	if out, err := lock.CombinedOutput(); err != nil || !strings.Contains(string(out), "pinned to the commit") {
		t.Fatalf("%v\n%s", err, out)
	}
	p.compile(t)
	const secret = "API_TOKEN=t0psecret"
	first := p.pipeline(t, secret)
	if strings.Contains(first, "t0psecret") {
		t.Errorf("the secret is in the log:\n%s", first)
	}
	if !strings.Contains(first, "ok   ociLayers") || !strings.Contains(first, "ok   made of all") || !strings.Contains(first, "ok   with files") {
		t.Errorf("checks and tests are missing in:\n%s", first)
	}
	for _, tag := range []string{"latest", p.tag(t, "app")} {
		if !r.has("acme/app/app:" + tag) {
			t.Errorf("there is no %s", tag)
		}
	}

	here := exec.Command("stemma", "build")
	here.Dir = p.dir
	here.Env = append(here.Environ(), "XDG_CACHE_HOME="+t.TempDir(), secret)
	if out, err := here.CombinedOutput(); err != nil || !strings.Contains(string(out), "2 built") {
		t.Errorf("on one machine: %v\n%s", err, out)
	}

	library.write(t, map[string]string{"greeting": "good morning\n"})
	library.git(t, "commit", "-q", "-a", "-m", "second")
	if log := p.pipeline(t, secret); !strings.Contains(log, "Reuse ") || strings.Contains(log, "Build ") {
		t.Errorf("a commit that is not locked was built:\n%s", log)
	}
	run(t, p.dir, "stemma", "lock", "--update")
	p.compile(t)
	if log := p.pipeline(t, secret); !strings.Contains(log, "Cache pulled from remote") {
		t.Errorf("no layer was reused:\n%s", log)
	}
	if err := inside(t, r, "acme/app/app:latest", `grep -q "good morning" /greeting`); err != nil {
		t.Error(err)
	}

	before := digest(t, r.image(t, "acme/app/app:latest"))
	log := p.pipeline(t, secret, schema.VarSnapshot+"=nightly", "CI_PIPELINE_CREATED_AT=2026-11-21T03:00:00Z")
	if !r.has("acme/app/app:"+p.tag(t, "app")+"-20261121") || digest(t, r.image(t, "acme/app/app:latest")) != before {
		t.Errorf("the snapshot is not there, or released:\n%s", log)
	}
	if parents := labels(t, r.image(t, "acme/app/app:"+p.tag(t, "app")+"-20261121"))[schema.LabelParents]; !strings.Contains(parents, p.tag(t, "tools")+"-20261121") {
		t.Errorf("the snapshot is built on %s", parents)
	}
}

// TestStagesAreNamedLikeImages builds a Containerfile whose stages have the names of images that it is built from, or only after, and
// whose files are links, ignored and its own.
func TestStagesAreNamedLikeImages(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	library := newProject(t, r, "acme/library", map[string]string{"greeting": "hello\n"})
	library.git(t, "add", "-A")
	library.git(t, "commit", "-q", "-m", "first")
	p := newProject(t, r, "acme/stages", map[string]string{
		".gitlab-ci.yml": "stages: [build, test, deploy]\nvariables: {}\ninclude: [{local: .gitlab/stemma.gitlab-ci.yml}]\n",
		"stemma.yaml": `version: 1
images:
  rust: {distribution: debian, base: "` + r.Host + `/lib/tiny:1", exec: echo rust > /who}
  build: {distribution: debian, base: rust, exec: echo image > /what}
  late: {distribution: debian, base: rust, exec: touch /late}
  app:
    containerfile: app/Containerfile
    parents: {os: build}
    after: [late]
    users: {app: 1000}
    limits: {memory: 1GiB, memorySwap: 2GiB, cpuShares: 512, cpuset: "0"}
    sources: [{url: ` + serveGit(t, library.dir) + `/.git, path: src/library}]
    tests: [{name: both, run: "test $(cat /what) = stage; test $(cat /who) = rust; test -e /greeting; test $(cat /link) = linked; ! test -e /ignored; ! test -e /late"}]
`,
		"app/Containerfile":    "ARG BASE=rust\nFROM ${BASE} AS rust\nRUN echo stage > /what\nFROM rust AS build\nRUN cat /what\nFROM os \\\n  AS late\nFROM late\nCOPY --from=build /what /what\nCOPY . /\nARG http_proxy\nRUN test \"$http_proxy\"\nCOPY src/library/greeting /greeting\nUSER 1000\n",
		"app/linked":           "linked\n",
		"app/ignored":          "ignored\n",
		"app/.containerignore": "ignored\nsrc/library/.git\n",
	})
	if err := os.Symlink("linked", p.dir+"/app/link"); err != nil {
		t.Fatal(err)
	}
	p.git(t, "add", "-A")
	p.compile(t)
	log := p.pipeline(t, schema.VarBuildProxy+"=http://me:s3cret@127.0.0.1:1")
	if !strings.Contains(log, "ok   both") || strings.Contains(log, "s3cret") {
		t.Errorf("the log is\n%s", log)
	}
	if late, app := strings.Index(log, "Pushed "+r.Host+"/acme/stages/late@"), strings.Index(log, "Build "+r.Host+"/acme/stages/app:"); late < 0 || app < late {
		t.Errorf("it was not built after late:\n%s", log)
	}
	config, err := r.image(t, "acme/stages/app:latest").RawConfigFile()
	if err != nil || strings.Contains(string(config), "s3cret") {
		t.Errorf("%v: the image has the proxy in it: %s", err, config)
	}
}

// serveGit serves a repository to everybody, and returns its address.
func serveGit(t *testing.T, dir string) string {
	t.Helper()
	gitPath := strings.TrimSpace(run(t, ".", "git", "--exec-path"))
	server := httptest.NewServer(&cgi.Handler{Path: gitPath + "/git-http-backend", Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}})
	t.Cleanup(server.Close)
	return server.URL
}
