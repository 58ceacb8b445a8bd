package pipeline_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/gitlabcitest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
)

var update = flag.Bool("update", false, "rewrite what the archives in testdata expect")

// kinds are those of which the archives have the jobs.
func kinds(t *testing.T) []pipeline.Kind {
	t.Helper()
	var out []pipeline.Kind
	for _, name := range []string{"mr", "default", "topic+mr", "tag", "schedule", "trigger-poke", "api-rebuild", "parent_pipeline-mr"} {
		kind, ok := pipeline.Find(name)
		if !ok {
			t.Fatalf("there is no kind %s", name)
		}
		out = append(out, kind)
	}
	return out
}

// Each folder of an archive is a project, those in "../" are other projects, and the file "want" has the jobs that GitLab's own code gives
// them. A file "changed" in a project has the changed files.
func TestPipelinesHaveTheJobsThatGitLabGivesThem(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("there are no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			cases := readCases(archive)
			var got strings.Builder
			for _, c := range cases.list {
				fmt.Fprintf(&got, "# %s\n%s", c.Path, gitlabcitest.Table(kinds(t), cases.evaluate(c), gitlabcitest.Full))
			}
			if *update {
				want := txtar.File{Name: "want", Data: []byte(got.String())}
				archive.Files = slices.Concat(cases.inputs, []txtar.File{want})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(cases.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// cases are the projects of an archive.
type cases struct {
	list   []*config.Project
	others config.Projects
	want   string
	inputs []txtar.File
}

func readCases(archive *txtar.Archive) *cases {
	out := &cases{}
	others := map[string]fstest.MapFS{}
	for _, file := range archive.Files {
		if file.Name == "want" {
			out.want = string(file.Data)
			continue
		}
		out.inputs = append(out.inputs, file)
		if rest, isOther := strings.CutPrefix(file.Name, "../"); isOther {
			parts := strings.SplitN(rest, "/", 3)
			path := parts[0] + "/" + parts[1]
			if others[path] == nil {
				others[path] = fstest.MapFS{}
				out.others = append(out.others, &config.Project{Path: path, Tree: others[path]})
			}
			others[path][parts[2]] = &fstest.MapFile{Data: file.Data}
			continue
		}
		name, path, _ := strings.Cut(file.Name, "/")
		if n := len(out.list); n == 0 || out.list[n-1].Path != name {
			out.list = append(out.list, &config.Project{Path: name, Tree: fstest.MapFS{}})
		}
		out.list[len(out.list)-1].Tree.(fstest.MapFS)[path] = &fstest.MapFile{Data: file.Data}
	}
	return out
}

func (c *cases) evaluate(project *config.Project) func(pipeline.Kind) *pipeline.Pipeline {
	return func(kind pipeline.Kind) *pipeline.Pipeline {
		request := pipeline.Request{Project: project, Others: c.others, Kind: kind}
		if changed, err := fs.ReadFile(project.Tree, "changed"); err == nil {
			request.Changed = rule.Changed{IsKnown: true, Paths: strings.Split(strings.TrimSpace(string(changed)), "\n")}
		}
		return pipeline.Evaluate(request)
	}
}

// A configuration that was read already gives the same pipelines, and says which needs one of them lacks.
func TestAConfigurationIsEvaluatedForEachKind(t *testing.T) {
	t.Parallel()
	project := &config.Project{Path: "group/project", Tree: fstest.MapFS{".gitlab-ci.yml": {Data: []byte(
		"docs: {script: [x], rules: [{if: $CI_COMMIT_TAG}]}\npages: {script: [x], needs: [docs], rules: [{when: always}]}\n",
	)}}}
	read, problems := config.Load(config.Source{Project: project, File: ".gitlab-ci.yml"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	project.Tree = fstest.MapFS{} // is not read again
	for name, want := range map[string]string{"tag": "created []", "default": "refused [pages docs]"} {
		kind, _ := pipeline.Find(name)
		p := pipeline.Evaluate(pipeline.Request{Project: project, Config: read, Kind: kind})
		missing := []string{}
		for _, m := range p.Missing {
			missing = append(missing, m.Job, m.Need.Job)
		}
		if got := fmt.Sprint(p.Outcome, " ", missing); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
