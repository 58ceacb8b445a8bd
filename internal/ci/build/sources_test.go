package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// containerfileScene is a job that builds a Containerfile in a context with one file.
func containerfileScene(t *testing.T) *jobtest.Scene {
	t.Helper()
	s := jobtest.New(t)
	delete(s.Vars, schema.VarBaseImage)
	context := t.TempDir()
	jobtest.Check(t, os.WriteFile(filepath.Join(context, "own"), []byte("own"), 0o600))
	s.Vars[schema.VarContainerfile], s.Vars[schema.VarContext] = "Containerfile", context
	s.Vars["CI_SERVER_URL"], s.Vars["CI_JOB_TOKEN"] = "https://gitlab.example.org", "t0ken"
	return s
}

func TestContextsPinTheContainerfilesOwnNames(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	base, tools := s.Digest("lib/base:1"), s.Push("group/project/tools:9", nil)
	host := s.Registry.Host
	s.Vars[schema.VarParents] = "tools=" + host + "/Group/Project/tools:9"
	s.Vars[schema.VarContexts] = `{"a":"` + host + `/Group/Project/tools:9","b":"` + host + `/Group/Project/tools:9","os":"` + host + `/lib/base:1"}`
	s.Vars[schema.VarParents] = strings.ToLower(s.Vars[schema.VarParents])
	s.Vars[schema.VarContexts] = strings.ToLower(s.Vars[schema.VarContexts])
	s.Builder.Begins = base
	jobtest.Check(t, s.Build())
	got := s.Builder.Built[0].Containerfile.Contexts
	for name, want := range map[string]string{"tools": "group/project/tools@" + tools, "a": "group/project/tools@" + tools, "b": "group/project/tools@" + tools, "os": "lib/base@" + base} {
		if got[name] != host+"/"+want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	if label := s.Labels("group/project/rust:" + jobtest.ContentTag)[schema.LabelParents]; strings.Count(label, "digest") != 2 {
		t.Errorf("the image does not say which two images it was built from: %s", label)
	}
}

// A Containerfile's own name for an image comes before the image of that name, in any order.
func TestOwnNamesComeBeforeNamesOfImages(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	own := s.Registry.Host + "/group/project/"
	tools, more := s.Push("group/project/tools:9", nil), s.Push("group/project/more:9", nil)
	s.Vars[schema.VarParents] = "more=" + own + "more:9\ntools=" + own + "tools:9"
	s.Vars[schema.VarContexts] = `{"more":"` + own + `tools:9","tools":"` + own + `more:9"}`
	s.Builder.Begins = tools
	jobtest.Check(t, s.Build())
	got := s.Builder.Built[0].Containerfile.Contexts
	if got["more"] != own+"tools@"+tools || got["tools"] != own+"more@"+more {
		t.Errorf("the contexts are %v", got)
	}
}

func TestSecretsAreFilesOfTheBuildAlone(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	key := filepath.Join(t.TempDir(), "key")
	jobtest.Check(t, os.WriteFile(key, []byte("k3y"), 0o600))
	s.Vars[schema.VarSecrets] = `[{"id":"token","variable":"TOKEN"},{"id":"key","variable":"KEY","file":true},{"id":"gone","variable":"GONE"}]`
	s.Vars["TOKEN"], s.Vars["KEY"] = "t0ken\n", key
	s.Builder.Begins = s.Digest("lib/base:1")
	got := map[string]string{}
	s.Builder.OnBuild = func(string) {
		runtime.GC() // which closes files that nothing holds
		time.Sleep(10 * time.Millisecond)
		for id, name := range s.Builder.Built[0].Containerfile.Secrets {
			content, err := os.ReadFile(name)
			jobtest.Check(t, err)
			info, err := os.Stat(name)
			jobtest.Check(t, err)
			got[id] = string(content) + info.Mode().String()
		}
	}
	jobtest.Check(t, s.Build())
	if diff := cmp.Diff(map[string]string{"token": "t0ken\n-rw-------", "key": "k3y-rw-------"}, got); diff != "" {
		t.Error(diff)
	}
	// The number of a closed descriptor may be another file's by now.
	name := s.Builder.Built[0].Containerfile.Secrets["token"]
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
		t.Error("the file is on the disk after the build")
	}
	if link, err := os.Readlink(name); err == nil && strings.Contains(link, "memfd:secret-0") {
		t.Error("the file is there after the build")
	}
	if !strings.Contains(s.Log.String(), "Warning: there is no secret gone: the variable GONE is not set.") || strings.Contains(s.Log.String(), "t0ken") {
		t.Errorf("the log is\n%s", s.Log.String())
	}

	s.Vars["KEY"], s.Vars[schema.VarForceRebuild], s.Vars["CI_PIPELINE_ID"] = "k3y", "1", "8"
	if err := s.Build(); err == nil || strings.Contains(err.Error(), "k3y") || !strings.Contains(err.Error(), "read the secret key: the variable KEY names no file") {
		t.Errorf("a variable that is no file: %v", err)
	}
}

func TestSourcesStandInACopyOfTheContext(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	s.Vars[schema.VarSources] = `[{"project":"acme/tools","ref":"0123","path":"src/tools"},{"url":"https://example.org/lib.git","path":"lib"}]`
	env := s.Env()
	var fetched []string
	env.Clone = func(_ context.Context, address, ref, folder string) error {
		fetched = append(fetched, address+" "+ref)
		return errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "theirs"), nil, 0o644))
	}
	var seen []string
	s.Builder.OnBuild = func(folder string) {
		for _, name := range []string{"own", "src/tools/theirs", "lib/theirs"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
				seen = append(seen, name)
			}
		}
	}
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	if got := strings.Join(seen, " "); got != "own src/tools/theirs lib/theirs" {
		t.Errorf("the context has %s", got)
	}
	if got := strings.Join(fetched, ", "); got != "https://gitlab-ci-token:t0ken@gitlab.example.org/acme/tools.git 0123, https://example.org/lib.git HEAD" {
		t.Errorf("fetched %s", got)
	}
	if strings.Contains(s.Log.String(), "t0ken") {
		t.Error("the log has the token")
	}
	if _, err := os.Stat(filepath.Join(s.Vars[schema.VarContext], "lib")); err == nil {
		t.Error("the checkout was changed")
	}
}

func TestSourcesDoNotReplaceWhatTheContextHas(t *testing.T) {
	t.Parallel()
	for name, sources := range map[string]string{
		"a file":             `[{"url":"https://example.org/lib.git","path":"own"}]`,
		"a folder outside":   `[{"url":"https://example.org/lib.git","path":"../lib"}]`,
		"a way through":      `[{"url":"https://example.org/lib.git","path":"own/lib"}]`,
		"a way out by links": `[{"url":"https://example.org/lib.git","path":"link/lib"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := containerfileScene(t)
			jobtest.Check(t, os.Symlink(t.TempDir(), filepath.Join(s.Vars[schema.VarContext], "link")))
			s.Vars[schema.VarSources] = sources
			if err := s.Build(); err == nil || len(s.Builder.Built) > 0 {
				t.Errorf("it was built, or without an error: %v", err)
			}
		})
	}
}
