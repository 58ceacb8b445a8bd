package pipeline_test

import (
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
)

// FuzzEvaluate finds configurations on which evaluating panics or does not end, and outcomes that contradict themselves.
func FuzzEvaluate(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i := 1; i < len(archive.Files); i++ {
			f.Add(string(archive.Files[i-1].Data), string(archive.Files[i].Data))
		}
	}
	kind, _ := pipeline.Find("mr")
	f.Fuzz(func(t *testing.T, first, second string) {
		tree := fstest.MapFS{".gitlab-ci.yml": {Data: []byte(first)}, "a.yml": {Data: []byte(second)}, "child.yml": {Data: []byte(second)}}
		got := pipeline.Evaluate(pipeline.Request{Project: &config.Project{Path: "group/project", Tree: tree}, Kind: kind})
		if isRefused := got.Outcome == pipeline.Refused; isRefused != (len(got.Problems) > 0) {
			t.Errorf("the pipeline is %s with the problems %v", got.Outcome, got.Problems)
		}
		if isCreated := got.Outcome == pipeline.Created; isCreated != (len(got.Jobs) > 0) {
			t.Errorf("the pipeline is %s with %d jobs", got.Outcome, len(got.Jobs))
		}
		for _, job := range got.Jobs {
			got.Child(job)
		}
	})
}
