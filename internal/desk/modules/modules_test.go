package modules_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cuelang.org/go/mod/modregistrytest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/desk/modules"
)

const (
	definition = `package images

import corp "corp.example/images"

version: 1
images: base: corp.#Debian
`
	moduleFile = "module: \"group.example/project@v0\"\nlanguage: version: \"v0.15.0\"\ndeps: \"corp.example/images@v1\": v: \"v1.0.0\"\n"
)

// newProject returns a folder with a definition that imports a module.
func newProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"stemma.cue": definition, "cue.mod/module.cue": moduleFile} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// startRegistry returns the environment that names a registry with the module, which needs another one.
func startRegistry(t *testing.T) []string {
	t.Helper()
	registry, err := modregistrytest.New(fstest.MapFS{
		"corp.example_images_v1.0.0/cue.mod/module.cue":   {Data: []byte("module: \"corp.example/images@v1\"\nlanguage: version: \"v0.15.0\"\ndeps: \"corp.example/versions@v0\": v: \"v0.2.0\"\n")},
		"corp.example_images_v1.0.0/images.cue":           {Data: []byte("package images\n\nimport \"corp.example/versions\"\n\n#Debian: {distribution: \"debian\", version: versions.debian}\n")},
		"corp.example_versions_v0.2.0/cue.mod/module.cue": {Data: []byte("module: \"corp.example/versions@v0\"\nlanguage: version: \"v0.15.0\"\n")},
		"corp.example_versions_v0.2.0/versions.cue":       {Data: []byte("package versions\n\ndebian: \"trixie\"\n")},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(registry.Close)
	return []string{"CUE_REGISTRY=" + registry.Host() + "+insecure", "HOME=" + t.TempDir()}
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	first, err := modules.Lock(t.Context(), dir, startRegistry(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(first.Added); !slices.Equal(got, []string{"corp.example/images@v1.0.0", "corp.example/versions@v0.2.0"}) || len(first.Removed) > 0 {
		t.Errorf("got %v added and %v removed", got, first.Removed)
	}
	if found := compile(t, dir); found != "" {
		t.Errorf("with the modules: %s", found)
	}
	content, err := os.ReadFile(filepath.Join(dir, "stemma.lock"))
	if err != nil || !strings.Contains(string(content), `"corp.example/images@v1.0.0": "sha256:`) || !strings.Contains(string(content), `"corp.example/versions@v0.2.0": "sha256:`) {
		t.Errorf("the lock: %v\n%s", err, content)
	}
	again, err := modules.Lock(t.Context(), dir, []string{"CUE_REGISTRY=127.0.0.1:1+insecure"})
	if err != nil || len(again.Added)+len(again.Removed) > 0 {
		t.Errorf("nothing is missing, but %v changed, or a registry is asked: %v", again, err)
	}

	archive := filepath.Join(dir, ".stemma/modules/corp.example/images@v1.0.0.zip")
	if err := os.WriteFile(archive, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if found := compile(t, dir); !strings.Contains(found, "images@v1.0.0.zip is not the module that stemma.lock names") {
		t.Errorf("with another archive: %s", found)
	}
	if err := os.WriteFile(filepath.Join(dir, "cue.mod/module.cue"), []byte(strings.Split(moduleFile, "deps")[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	last, err := modules.Lock(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(last.Removed, first.Added) || len(last.Added) > 0 {
		t.Errorf("got %v removed, want %v", last.Removed, first.Added)
	}
	if files := filesIn(t, dir); len(files) != 2 {
		t.Errorf("modules that are not needed are left: %v", files)
	}
}

func names(modules []lock.Module) (names []string) {
	for _, m := range modules {
		names = append(names, m.Name)
	}
	return names
}

func compile(t *testing.T, dir string) string {
	t.Helper()
	_, found, err := compilertest.Compile(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, d := range found {
		messages = append(messages, d.Message)
	}
	return strings.Join(messages, "\n")
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A mistake in the module file loses no module. Opening the project reports it.
func TestAnInvalidModuleFileChangesNothing(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	if _, err := modules.Lock(t.Context(), dir, startRegistry(t)); err != nil {
		t.Fatal(err)
	}
	want := filesIn(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "cue.mod/module.cue"), []byte(moduleFile+"{{{"), 0o644); err != nil {
		t.Fatal(err)
	}
	changes, err := modules.Lock(t.Context(), dir, nil)
	if got := filesIn(t, dir); err != nil || len(changes.Added)+len(changes.Removed) > 0 || !slices.Equal(got, want) {
		t.Errorf("got the changes %+v, the error %v and the files %v, want the files %v", changes, err, got, want)
	}
}

func TestAModuleThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	if found := compile(t, newProject(t)); !strings.Contains(found, "`stemma lock` fetches it") {
		t.Errorf("the finding is %q", found)
	}
}

// A registry can answer anything, or nothing. Then nothing is written.
func TestHostileRegistries(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"nothing":            func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"not found":          http.NotFound,
		"garbage":            func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x00garbage")) },
		"an endless answer":  endless,
		"an empty manifest":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) },
		"redirects for ever": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			dir := newProject(t)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err := modules.Lock(ctx, dir, []string{"CUE_REGISTRY=" + strings.TrimPrefix(server.URL, "http://") + "+insecure", "HOME=" + t.TempDir()})
			if err == nil {
				t.Error("no error")
			}
			if files := filesIn(t, dir); len(files) != 2 {
				t.Errorf("something was written: %v", files)
			}
			t.Log(err)
		})
	}
}
