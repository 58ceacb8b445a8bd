package pipelines_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/gitlabcitest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

var update = flag.Bool("update", false, "rewrite the jobs that are expected")

const top = "../.."

// The files in testdata have the jobs of each example in each kind of pipeline, and those of this project.
func TestExamplesHaveTheirJobs(t *testing.T) {
	t.Parallel()
	examples := map[string]struct{ folder, project string }{
		"containerfiles":     {"examples/containerfiles", "examples/containerfiles"},
		"cue":                {"examples/cue", "examples/cue"},
		"distributions":      {"examples/distributions", "examples/distributions"},
		"nested-images-base": {"examples/nested-images/base", "examples/base"},
		"nested-images-rust": {"examples/nested-images/rust", "examples/rust"},
		"stemma":             {".", "stemma-ci/stemma"},
	}
	for name, example := range sample.Of(examples, 3) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := &config.Project{Path: example.project, Tree: os.DirFS(filepath.Join(top, example.folder))}
			got := gitlabcitest.Table(pipeline.Kinds(), func(kind pipeline.Kind) *pipeline.Pipeline {
				if kind.Predefined["CI_PROJECT_PATH"] == "group/project" {
					kind = kind.With(map[string]string{"CI_PROJECT_PATH": example.project})
				}
				return pipeline.Evaluate(pipeline.Request{Project: project, Kind: kind})
			}, gitlabcitest.Name)
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the jobs are others (-want +got); `make golden` accepts them:\n%s", diff)
			}
		})
	}
}
