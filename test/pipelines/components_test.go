package pipelines_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/gitlabcitest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// Each archive is a project that includes this project's templates and has no definition. The file "kinds" lists more kinds of pipeline,
// and "want" has the jobs of all kinds, with their tags and needs.
func TestTemplatesHoldInTheProjectsThatIncludeThem(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/components/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no archives: %v", err)
	}
	templates := &config.Project{Path: "stemma-ci/stemma", Tree: os.DirFS(top)}
	for _, name := range sample.List(names, 3) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p := &project{tree: fstest.MapFS{}}
			p.read(archive)
			evaluate := func(kind pipeline.Kind) *pipeline.Pipeline {
				return pipeline.Evaluate(pipeline.Request{Project: &config.Project{Path: "group/project", Tree: p.tree}, Others: config.Projects{templates}, Kind: kind})
			}
			compare(t, name, archive, gitlabcitest.Table(p.kinds(t), evaluate, withTagsAndNeeds))
		})
	}
}

func withTagsAndNeeds(job pipeline.Job) string {
	out := gitlabcitest.Name(job)
	if job.Tags != nil {
		out += fmt.Sprintf(" on %v", job.Tags)
	}
	var needs []string
	for _, need := range job.Needs {
		needs = append(needs, need.Job)
	}
	if job.HasNeeds {
		out += fmt.Sprintf(" after %v", needs)
	}
	return out
}
