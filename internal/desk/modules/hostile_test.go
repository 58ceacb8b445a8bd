package modules_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/cue/cuetest"
	"gitlab.com/stemma-ci/stemma/internal/desk/modules"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

func TestMain(m *testing.M) { cuetest.Main(m) }

// entry is a file of an archive.
type entry struct {
	name, content string
	mode          fs.FileMode
}

const imagesModule = "module: \"corp.example/images@v1\"\nlanguage: version: \"v0.15.0\"\n"

// archive returns an archive with the module file of corp.example/images and more files.
func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	return archiveOf(t, append([]entry{{name: "cue.mod/module.cue", content: imagesModule}}, entries...)...)
}

func archiveOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode | 0o644)
		to, err := w.CreateHeader(header)
		if err == nil {
			_, err = io.WriteString(to, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bomb is an archive with one file of many bytes.
func bomb(t *testing.T, size int) []byte {
	t.Helper()
	return archive(t, entry{name: "images.cue", content: "package images\n//" + strings.Repeat(" ", size)})
}

// understated is an archive that says that a large file is small.
func understated(t *testing.T) []byte {
	t.Helper()
	content := bomb(t, 32<<20)
	size := binary.LittleEndian.AppendUint32(nil, 32<<20+uint32(len("package images\n//")))
	if bytes.Count(content, size) == 0 {
		t.Fatal("the size is not in the archive")
	}
	return bytes.ReplaceAll(content, size, []byte{100, 0, 0, 0})
}

func manyFiles(n int) []entry {
	entries := make([]entry, n)
	for i := range entries {
		entries[i] = entry{name: fmt.Sprintf("f%d.cue", i), content: "package images\n"}
	}
	return entries
}

// hostileArchives are archives of corp.example/images@v1.0.0, and the error that each of them causes.
func hostileArchives(t *testing.T) map[string]struct {
	content []byte
	want    string
} {
	t.Helper()
	const good = "package images\n#Debian: {distribution: \"debian\", version: \"trixie\"}\n"
	return map[string]struct {
		content []byte
		want    string
	}{
		"a path out of the module":     {archive(t, entry{name: "../../stemma.cue", content: good}), "../../stemma.cue"},
		"a path out of a folder":       {archive(t, entry{name: "a/../../b.cue", content: good}), "a/../../b.cue"},
		"an absolute path":             {archive(t, entry{name: "/etc/stemma.cue", content: good}), "/etc/stemma.cue"},
		"a path of another system":     {archive(t, entry{name: `..\b.cue`, content: good}), `b.cue`},
		"a symbolic link":              {archive(t, entry{name: "images.cue", content: "/etc/passwd", mode: fs.ModeSymlink}), "images.cue"},
		"a device":                     {archive(t, entry{name: "images.cue", content: good, mode: fs.ModeDevice}), "images.cue"},
		"two files of one name":        {archive(t, entry{name: "images.cue", content: good}, entry{name: "images.cue", content: "package other\n"}), "images.cue"},
		"a large file":                 {bomb(t, 80<<20), "more than 64 MiB"},
		"a large module file":          {archiveOf(t, entry{name: "cue.mod/module.cue", content: imagesModule + "//" + strings.Repeat(" ", 8<<20)}), "cue.mod/module.cue has more than 1 MiB"},
		"a file larger than it says":   {understated(t), "images.cue"},
		"many files":                   {archive(t, manyFiles(6000)...), "has more than 5000 files"},
		"no archive":                   {[]byte("garbage"), "not a valid zip file"},
		"an archive that ends early":   {bomb(t, 1000)[:200], "not a valid zip file"},
		"no module file":               {archiveOf(t, entry{name: "images.cue", content: good}), "module.cue"},
		"the module file of another":   {archiveOf(t, entry{name: "cue.mod/module.cue", content: strings.Replace(imagesModule, "images", "others", 1)}, entry{name: "images.cue", content: good}), "corp.example/others"},
		"a module file that is no CUE": {archiveOf(t, entry{name: "cue.mod/module.cue", content: "{{{"}, entry{name: "images.cue", content: good}), "module.cue"},
	}
}

// bounded runs something, which may not take long. The programs that it starts may not take much memory.
func bounded(t *testing.T, run func()) {
	t.Helper()
	began := time.Now()
	run()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err != nil {
		t.Fatal(err)
	}
	memory := children.Maxrss // in KiB, but in bytes on macOS
	if runtime.GOOS == "darwin" {
		memory >>= 10
	}
	if memory == 0 || memory > 512<<10 {
		t.Errorf("it took %d KiB of memory, want at most 512 MiB", memory)
	}
}

// wantNothingWritten compares the files of a project with those that it had.
func wantNothingWritten(t *testing.T, dir string, had int) {
	t.Helper()
	if files := filesIn(t, dir); len(files) != had {
		t.Errorf("something was written: %v", files)
	}
}

// Memory is measured, so these tests do not run beside others.
func TestHostileArchivesAreNotFetched(t *testing.T) { //nolint:paralleltest // see above
	for name, test := range sample.Of(hostileArchives(t), 4) {
		t.Run(name, func(t *testing.T) {
			dir := newProject(t)
			r := serveModule(t, test.content)
			bounded(t, func() {
				_, err := modules.Lock(t.Context(), dir, r.environ)
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "corp.example/images@v1.0.0") {
					t.Errorf("got %v, want an error about the module with %q", err, test.want)
				}
			})
			wantNothingWritten(t, dir, 2)
		})
	}
}

// An archive in the checkout may be hostile, and the lock may name it.
func TestHostileArchivesInTheProject(t *testing.T) { //nolint:paralleltest // memory is measured
	for name, test := range sample.Of(hostileArchives(t), 4) {
		t.Run(name, func(t *testing.T) {
			dir := newProject(t)
			store(t, dir, "corp.example/images@v1.0.0", test.content)
			had := len(filesIn(t, dir))
			bounded(t, func() {
				if found := evaluate(t, dir); !strings.Contains(found, test.want) || !strings.Contains(found, "stemma.cue:3:8") && !strings.Contains(found, "cue.mod/module.cue") {
					t.Errorf("got %q, want a finding at the import with %q", found, test.want)
				}
			})
			wantNothingWritten(t, dir, had)
		})
	}
}

// The CUE of a module may ask for any amount of time and memory.
func TestHostileCUEInModules(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	for i := range 40 {
		fmt.Fprintf(&doubling, "_s%d: \"\\(_s%[2]d)\\(_s%[2]d)\"\n", i+1, i)
	}
	tests := map[string]struct{ source, want string }{
		"text that doubles":        {"_s0: \"0123456789abcdef\"\n" + doubling.String() + "#Debian: {distribution: _s40}\n", "the evaluation was stopped"},
		"a list that grows":        {"import \"list\"\n#Debian: packages: [for i in list.Range(0, 100000000, 1) {\"p\\(i)\"}]\n", "the evaluation was stopped"},
		"loops in loops":           {"let n = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n#Debian: packages: [for a in n for b in n for c in n for d in n for e in n for f in n for g in n for h in n for i in n for j in n {\"p\\(a)\"}]\n", "the evaluation was stopped"},
		"a structure in itself":    {"#Debian: {a: #Debian}\n", "stemma.cue"},
		"deep nesting":             {"#Debian: " + strings.Repeat("{a: ", 200_000) + "1" + strings.Repeat("}", 200_000) + "\n", "maximum nesting depth"},
		"deep parentheses":         {"#Debian: " + strings.Repeat("(", 500_000) + "1" + strings.Repeat(")", 500_000) + "\n", "maximum nesting depth"},
		"an import of itself":      {"import \"corp.example/images\"\n#Debian: images.#Debian\n", "import cycle"},
		"an attribute of a tag":    {"#Debian: {distribution: \"debian\", version: string @tag(v)}\n", "incomplete value"},
		"an import of the outside": {"import \"../../x\"\n#Debian: x\n", "import"},
	}
	if testing.Short() { // each of these evaluates for seconds, until it is stopped
		delete(tests, "a list that grows")
		delete(tests, "loops in loops")
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newProject(t)
			store(t, dir, "corp.example/images@v1.0.0", archive(t, entry{name: "images.cue", content: "package images\n" + test.source}))
			had := len(filesIn(t, dir))
			began := time.Now()
			if found := evaluate(t, dir); !strings.Contains(found, test.want) {
				t.Errorf("got %.2000q, want a finding with %q", found, test.want)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			wantNothingWritten(t, dir, had)
		})
	}
}

// Two modules may import each other.
func TestModulesThatImportEachOther(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	const deps = "deps: \"corp.example/other@v1\": v: \"v1.0.0\"\n"
	store(t, dir, "corp.example/images@v1.0.0", archiveOf(t, entry{name: "cue.mod/module.cue", content: imagesModule + deps},
		entry{name: "images.cue", content: "package images\nimport \"corp.example/other\"\n#Debian: other.x\n"}))
	store(t, dir, "corp.example/other@v1.0.0", archiveOf(t,
		entry{name: "cue.mod/module.cue", content: "module: \"corp.example/other@v1\"\nlanguage: version: \"v0.15.0\"\ndeps: \"corp.example/images@v1\": v: \"v1.0.0\"\n"},
		entry{name: "other.cue", content: "package other\nimport \"corp.example/images\"\nx: images.#Debian\n"}))
	if found := evaluate(t, dir); !strings.Contains(found, "import cycle") {
		t.Errorf("got %q, want a finding about the cycle", found)
	}
}

// store writes the archive of a module to a project, and its hash to the lock.
func store(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	file := filepath.Join(dir, ".stemma/modules", name+".zip")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	locked := lock.Load(os.DirFS(dir), nil)
	locked.Modules = append(locked.Modules, lock.Module{Name: name, Hash: lock.HashOf(content)})
	if err := os.WriteFile(filepath.Join(dir, lock.File), locked.Print(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// evaluate compiles a project in the way of the commands, and returns its findings.
func evaluate(t *testing.T, dir string) string {
	t.Helper()
	child := &client.Evaluator{Context: t.Context(), Dir: dir, Environ: os.Environ(), Time: 5 * time.Second}
	defer func() { _ = child.Close() }()
	_, found, err := compiler.Compile(os.DirFS(dir), compiler.Options{Evaluator: child})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, d := range found {
		fmt.Fprintf(&out, "%s: %s; %s\n", d.Span, d.Message, d.Hint)
	}
	return out.String()
}

// registry is a registry with one module, whose answers a test can change.
type registry struct {
	environ []string
	// answers has the body of each path.
	answers map[string][]byte
	// before is asked before each answer; it reports whether it has answered itself.
	before func(http.ResponseWriter, *http.Request) bool
}

const manifestPath = "/v2/corp.example/images/manifests/v1.0.0"

func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if r.before != nil && r.before(w, request) {
		return
	}
	body, ok := r.answers[request.URL.Path]
	if !ok {
		http.NotFound(w, request)
		return
	}
	if strings.Contains(request.URL.Path, "/manifests/") {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Docker-Content-Digest", lock.HashOf(body))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if request.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// serveModule starts a registry with an archive as corp.example/images@v1.0.0,
// https://cuelang.org/docs/reference/modules/#publishing-modules.
func serveModule(t *testing.T, content []byte) *registry {
	t.Helper()
	r := &registry{answers: map[string][]byte{}}
	r.publish("corp.example/images", content)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.environ = []string{"CUE_REGISTRY=" + strings.TrimPrefix(server.URL, "http://") + "+insecure", "HOME=" + t.TempDir()}
	return r
}

// publish adds version 1.0.0 of a module.
func (r *registry) publish(module string, content []byte) {
	blob := func(kind string, body []byte) string {
		digest := lock.HashOf(body)
		r.answers["/v2/"+module+"/blobs/"+digest] = body
		return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d}`, kind, digest, len(body))
	}
	r.answers["/v2/"+module+"/manifests/v1.0.0"] = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.cue.module.v1+json","config":%s,"layers":[%s,%s]}`,
		blob("application/vnd.cue.module.v1+json", []byte("{}")), blob("application/zip", content), blob("application/vnd.cue.modulefile.v1", []byte(imagesModule)))
}

// A registry may invent modules for ever, each of which needs the next.
func TestModulesWithoutEnd(t *testing.T) {
	t.Parallel()
	next := func(i int) string { return fmt.Sprintf("deps: \"corp.example/n%d@v1\": v: \"v1.0.0\"\n", i) }
	r := serveModule(t, archiveOf(t, entry{name: "cue.mod/module.cue", content: imagesModule + next(0)}, goodModule))
	for i := range 300 {
		name := fmt.Sprintf("corp.example/n%d", i)
		r.publish(name, archiveOf(t, entry{name: "cue.mod/module.cue", content: strings.Replace(imagesModule, "corp.example/images", name, 1) + next(i+1)}))
	}
	dir := newProject(t)
	if _, err := modules.Lock(t.Context(), dir, r.environ); err == nil || !strings.Contains(err.Error(), "need more than 200 other modules") {
		t.Errorf("got %v, want an error about their number", err)
	}
	wantNothingWritten(t, dir, 2)
}

var goodModule = entry{name: "images.cue", content: "package images\n#Debian: {distribution: \"debian\", version: \"trixie\"}\n"}

func TestModulesFromARegistry(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	if _, err := modules.Lock(t.Context(), dir, serveModule(t, archive(t, goodModule)).environ); err != nil {
		t.Fatal(err)
	}
	if found := evaluate(t, dir); found != "" {
		t.Errorf("with the module: %s", found)
	}
}

// A version of a module never changes: the lock has its hash.
func TestAModuleThatChangedInTheRegistry(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	if _, err := modules.Lock(t.Context(), dir, serveModule(t, archive(t, goodModule)).environ); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, ".stemma/modules/corp.example/images@v1.0.0.zip")); err != nil {
		t.Fatal(err)
	}
	changed := serveModule(t, archive(t, entry{name: "images.cue", content: strings.Replace(goodModule.content, "trixie", "sid", 1)}))
	if _, err := modules.Lock(t.Context(), dir, changed.environ); err == nil || !strings.Contains(err.Error(), "corp.example/images@v1.0.0: the registry has another archive than stemma.lock names") {
		t.Errorf("got %v, want an error about the archive", err)
	}
	wantNothingWritten(t, dir, 3)
}

// An archive that somebody changed in the checkout is fetched again.
func TestAModuleThatChangedInTheProject(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	r := serveModule(t, archive(t, goodModule))
	if _, err := modules.Lock(t.Context(), dir, r.environ); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, ".stemma/modules/corp.example/images@v1.0.0.zip")
	if err := os.WriteFile(file, archive(t, entry{name: "images.cue", content: "package images\n#Debian: {}\n"}), 0o644); err != nil {
		t.Fatal(err)
	}
	if found := evaluate(t, dir); !strings.Contains(found, "stemma.cue:3:8: ") || !strings.Contains(found, "is not the module that stemma.lock names; run `stemma lock`, which fetches it again") {
		t.Errorf("got %q, want a finding at the import with a hint", found)
	}
	if _, err := modules.Lock(t.Context(), dir, r.environ); err != nil {
		t.Error(err)
	}
	if found := evaluate(t, dir); found != "" {
		t.Errorf("after the hint was followed: %s", found)
	}
}

// A registry asks for the credentials of `docker login`.
func TestCredentialsOfTheUser(t *testing.T) {
	t.Parallel()
	r := serveModule(t, archive(t, goodModule))
	r.before = func(w http.ResponseWriter, request *http.Request) bool {
		if user, password, _ := request.BasicAuth(); user == "me" && password == "s3cret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="modules"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	dir := newProject(t)
	_, err := modules.Lock(t.Context(), dir, r.environ)
	if err == nil || !strings.Contains(err.Error(), "docker login") {
		t.Errorf("without credentials: got %v, want an error that names `docker login`", err)
	}
	wantNothingWritten(t, dir, 2)
	host, _, _ := strings.Cut(strings.TrimPrefix(r.environ[0], "CUE_REGISTRY="), "+")
	config := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte("me:s3cret"))
	if err := os.WriteFile(filepath.Join(config, "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, host, auth), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := modules.Lock(t.Context(), dir, append(r.environ, "DOCKER_CONFIG="+config)); err != nil {
		t.Errorf("with credentials: %v", err)
	}
}

// A registry that fails now may answer later; one that refuses does not.
func TestStatusesOfRegistries(t *testing.T) {
	t.Parallel()
	for status, isOutside := range map[int]bool{401: false, 403: false, 404: false, 429: true, 500: true, 503: true} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			r := serveModule(t, archive(t, goodModule))
			r.before = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
			_, err := modules.Lock(t.Context(), newProject(t), r.environ)
			if err == nil || outside.Is(err) != isOutside {
				t.Errorf("got %v, want an error that is outside: %t", err, isOutside)
			}
		})
	}
}

// A registry may answer with anything. The error names the module, and nothing is written.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const zips = "/blobs/"
	for name, test := range map[string]struct {
		change func(*registry)
		want   string
	}{
		"an archive with another digest": {func(r *registry) {
			for path, body := range r.answers {
				if strings.Contains(path, zips) && len(body) > 200 {
					r.answers[path] = append(body[:len(body)-1:len(body)-1], body[len(body)-1]^1)
				}
			}
		}, "digest"},
		"a manifest of 100 MiB": {func(r *registry) {
			r.answers[manifestPath] = append(r.answers[manifestPath], bytes.Repeat([]byte(" "), 100<<20)...)
		}, "size"},
		"an archive that ends early": {func(r *registry) {
			r.before = func(w http.ResponseWriter, request *http.Request) bool {
				body, ok := r.answers[request.URL.Path]
				if !ok || request.URL.Path == manifestPath {
					return false
				}
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				_, _ = w.Write(body[:len(body)/2])
				return true
			}
		}, "ended"},
		"a redirect to nowhere": {func(r *registry) {
			r.before = func(w http.ResponseWriter, request *http.Request) bool {
				http.Redirect(w, request, "http://127.0.0.1:1/secret", http.StatusFound)
				return true
			}
		}, "127.0.0.1:1"},
		"a redirect to a file": {func(r *registry) {
			r.before = func(w http.ResponseWriter, request *http.Request) bool {
				http.Redirect(w, request, "file:///etc/passwd", http.StatusFound)
				return true
			}
		}, "unsupported protocol"},
		"401": {func(r *registry) {
			r.before = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true }
		}, "docker login"},
		"500": {func(r *registry) {
			r.before = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusInternalServerError)
				return true
			}
		}, "500"},
		"an answer that never ends": {func(r *registry) {
			r.before = func(w http.ResponseWriter, request *http.Request) bool {
				w.Header().Set("Content-Length", "1000000")
				w.Header().Set("Docker-Content-Digest", lock.HashOf(nil))
				for request.Context().Err() == nil {
					if _, err := w.Write([]byte("x")); err != nil {
						break
					}
					w.(http.Flusher).Flush()
					time.Sleep(10 * time.Millisecond)
				}
				return true
			}
		}, "fewer than"},
		"no answer": {func(r *registry) {
			r.before = func(_ http.ResponseWriter, request *http.Request) bool { <-request.Context().Done(); return true }
		}, "did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serveModule(t, archive(t, goodModule, entry{name: "more.cue", content: "package images\n// " + strings.Repeat("more", 100)}))
			test.change(r)
			dir := newProject(t)
			ctx, cancel := context.WithTimeoutCause(t.Context(), 8*time.Second, errors.New("the CUE registry takes longer than 8s"))
			defer cancel()
			_, err := modules.Lock(ctx, dir, append(r.environ, "STEMMA_TIMEOUTS=answer=2s stall=2s"))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			wantNothingWritten(t, dir, 2)
		})
	}
}

// A module embeds no files.
func TestModulesEmbedNoFileOfTheMachine(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"an absolute path": secret, "a path out of the module": "../../../../../../../.." + secret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newProject(t)
			source := "@extern(embed)\npackage images\n#Debian: distribution: _ @embed(file=\"" + path + "\",type=text)\n"
			store(t, dir, "corp.example/images@v1.0.0", archive(t, entry{name: "images.cue", content: source}))
			if found := evaluate(t, dir); !strings.Contains(found, "images.cue:3:26: @embed is not read in a definition") || strings.Contains(found, "s3cret") {
				t.Errorf("got %q, want a finding about the attribute", found)
			}
		})
	}
}
