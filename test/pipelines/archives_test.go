package pipelines_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/gitlabcitest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// around is the pipeline around the compiled jobs where an archive has none.
const around = `include: [{local: .gitlab/stemma.gitlab-ci.yml}]
stages: [build, test, deploy]
default: {tags: [docker]}
workflow: {rules: [{when: always}]}
`

// Each archive is a project. The file "changed" lists the files that a push or a merge request changed, "kinds" more kinds of pipeline, and
// "want" has the jobs of all kinds.
func TestPipelinesHaveTheJobsThatTheyShould(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no archives: %v", err)
	}
	for _, name := range sample.List(names, 3) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p := readProject(t, archive)
			compare(t, name, archive, gitlabcitest.Table(p.kinds(t), p.evaluate, gitlabcitest.Name))
		})
	}
}

// compare compares the jobs with those that an archive expects, or rewrites these.
func compare(t *testing.T, name string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

type project struct {
	tree    fstest.MapFS
	changed rule.Changed
	written string
}

func readProject(t *testing.T, archive *txtar.Archive) *project {
	t.Helper()
	p := &project{tree: fstest.MapFS{".gitlab-ci.yml": {Data: []byte(around)}}}
	p.read(archive)
	result, found, err := compilertest.Compile(p.tree)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	for _, file := range result.Files {
		p.tree[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	return p
}

func (p *project) read(archive *txtar.Archive) {
	for _, file := range archive.Files {
		switch file.Name {
		case "want":
		case "kinds":
			p.written = string(file.Data)
		case "changed":
			p.changed = rule.Changed{IsKnown: true, Paths: strings.Split(strings.TrimSpace(string(file.Data)), "\n")}
		default:
			p.tree[file.Name] = &fstest.MapFile{Data: file.Data}
		}
	}
}

func (p *project) evaluate(kind pipeline.Kind) *pipeline.Pipeline {
	return pipeline.Evaluate(pipeline.Request{Project: &config.Project{Path: "group/project", Tree: p.tree}, Kind: kind, Changed: p.changed})
}

// kinds are those of GitLab, and those that the archive adds: "schedule STEMMA_TRIAL_REBUILD=1" is a schedule with this variable.
func (p *project) kinds(t *testing.T) []pipeline.Kind {
	t.Helper()
	kinds := pipeline.Kinds()
	for line := range strings.Lines(p.written) {
		words := strings.Fields(line)
		kind, ok := pipeline.Find(words[0])
		if !ok {
			t.Fatalf("there is no kind of pipeline %s", words[0])
		}
		kind.Name, kind.Predefined = strings.TrimSpace(line), maps.Clone(kind.Predefined)
		kind.Variables = slices.Clone(kind.Variables)
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			kind.Variables = append(kind.Variables, variable.Variable{Name: name, Value: value})
		}
		kinds = append(kinds, kind)
	}
	return kinds
}
