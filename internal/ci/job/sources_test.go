package job_test

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

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/schema"
)

// containerfileScene is a job that builds a Containerfile in a context with one file.
func containerfileScene(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	delete(s.vars, schema.VarBaseImage)
	context := t.TempDir()
	check(t, os.WriteFile(filepath.Join(context, "own"), []byte("own"), 0o600))
	s.vars[schema.VarContainerfile], s.vars[schema.VarContext] = "Containerfile", context
	s.vars["CI_SERVER_URL"], s.vars["CI_JOB_TOKEN"] = "https://gitlab.example.org", "t0ken"
	return s
}

func TestContextsPinTheContainerfilesOwnNames(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	base, tools := s.digest("lib/base:1"), s.push("group/project/tools:9", nil)
	host := s.registry.Host
	s.vars[schema.VarParents] = "tools=" + host + "/Group/Project/tools:9"
	s.vars[schema.VarContexts] = `{"a":"` + host + `/Group/Project/tools:9","b":"` + host + `/Group/Project/tools:9","os":"` + host + `/lib/base:1"}`
	s.vars[schema.VarParents] = strings.ToLower(s.vars[schema.VarParents])
	s.vars[schema.VarContexts] = strings.ToLower(s.vars[schema.VarContexts])
	s.builder.begins = base
	check(t, s.build())
	got := s.builder.built[0].Containerfile.Contexts
	for name, want := range map[string]string{"tools": "group/project/tools@" + tools, "a": "group/project/tools@" + tools, "b": "group/project/tools@" + tools, "os": "lib/base@" + base} {
		if got[name] != host+"/"+want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	if label := s.labels("group/project/rust:" + contentTag)[schema.LabelParents]; strings.Count(label, "digest") != 2 {
		t.Errorf("the image does not say which two images it was built from: %s", label)
	}
}

// A Containerfile's own name for an image comes before the image of that name, in any order.
func TestOwnNamesComeBeforeNamesOfImages(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	own := s.registry.Host + "/group/project/"
	tools, more := s.push("group/project/tools:9", nil), s.push("group/project/more:9", nil)
	s.vars[schema.VarParents] = "more=" + own + "more:9\ntools=" + own + "tools:9"
	s.vars[schema.VarContexts] = `{"more":"` + own + `tools:9","tools":"` + own + `more:9"}`
	s.builder.begins = tools
	check(t, s.build())
	got := s.builder.built[0].Containerfile.Contexts
	if got["more"] != own+"tools@"+tools || got["tools"] != own+"more@"+more {
		t.Errorf("the contexts are %v", got)
	}
}

func TestSecretsAreFilesOfTheBuildAlone(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	key := filepath.Join(t.TempDir(), "key")
	check(t, os.WriteFile(key, []byte("k3y"), 0o600))
	s.vars[schema.VarSecrets] = `[{"id":"token","variable":"TOKEN"},{"id":"key","variable":"KEY","file":true},{"id":"gone","variable":"GONE"}]`
	s.vars["TOKEN"], s.vars["KEY"] = "t0ken\n", key
	s.builder.begins = s.digest("lib/base:1")
	got := map[string]string{}
	s.builder.onBuild = func(string) {
		runtime.GC() // which closes files that nothing holds
		time.Sleep(10 * time.Millisecond)
		for id, name := range s.builder.built[0].Containerfile.Secrets {
			content, err := os.ReadFile(name)
			check(t, err)
			info, err := os.Stat(name)
			check(t, err)
			got[id] = string(content) + info.Mode().String()
		}
	}
	check(t, s.build())
	if diff := cmp.Diff(map[string]string{"token": "t0ken\n-rw-------", "key": "k3y-rw-------"}, got); diff != "" {
		t.Error(diff)
	}
	// The number of a closed descriptor may be another file's by now.
	name := s.builder.built[0].Containerfile.Secrets["token"]
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
		t.Error("the file is on the disk after the build")
	}
	if link, err := os.Readlink(name); err == nil && strings.Contains(link, "memfd:secret-0") {
		t.Error("the file is there after the build")
	}
	if !strings.Contains(s.log.String(), "Warning: there is no secret gone: the variable GONE is not set.") || strings.Contains(s.log.String(), "t0ken") {
		t.Errorf("the log is\n%s", s.log.String())
	}

	s.vars["KEY"], s.vars[schema.VarForceRebuild], s.vars["CI_PIPELINE_ID"] = "k3y", "1", "8"
	if err := s.build(); err == nil || strings.Contains(err.Error(), "k3y") || !strings.Contains(err.Error(), "read the secret key: the variable KEY names no file") {
		t.Errorf("a variable that is no file: %v", err)
	}
}

func TestSourcesStandInACopyOfTheContext(t *testing.T) {
	t.Parallel()
	s := containerfileScene(t)
	s.vars[schema.VarSources] = `[{"project":"acme/tools","ref":"0123","path":"src/tools"},{"url":"https://example.org/lib.git","path":"lib"}]`
	env := s.env()
	var fetched []string
	env.Clone = func(_ context.Context, address, ref, folder string) error {
		fetched = append(fetched, address+" "+ref)
		return errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "theirs"), nil, 0o644))
	}
	var seen []string
	s.builder.onBuild = func(folder string) {
		for _, name := range []string{"own", "src/tools/theirs", "lib/theirs"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
				seen = append(seen, name)
			}
		}
	}
	check(t, job.Build(t.Context(), env))
	if got := strings.Join(seen, " "); got != "own src/tools/theirs lib/theirs" {
		t.Errorf("the context has %s", got)
	}
	if got := strings.Join(fetched, ", "); got != "https://gitlab-ci-token:t0ken@gitlab.example.org/acme/tools.git 0123, https://example.org/lib.git HEAD" {
		t.Errorf("fetched %s", got)
	}
	if strings.Contains(s.log.String(), "t0ken") {
		t.Error("the log has the token")
	}
	if _, err := os.Stat(filepath.Join(s.vars[schema.VarContext], "lib")); err == nil {
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
			check(t, os.Symlink(t.TempDir(), filepath.Join(s.vars[schema.VarContext], "link")))
			s.vars[schema.VarSources] = sources
			if err := s.build(); err == nil || len(s.builder.built) > 0 {
				t.Errorf("it was built, or without an error: %v", err)
			}
		})
	}
}
