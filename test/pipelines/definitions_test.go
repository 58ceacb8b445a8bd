// Package pipelines_test evaluates the pipelines of everything that is compiled, with GitLab's rules.
package pipelines_test

import (
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/test/definitions"
)

func TestGeneratedDefinitionsMakePipelinesThatGitLabAccepts(t *testing.T) {
	t.Parallel()
	seeds := uint64(8)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		checkDefinition(t, seed)
	}
}

// FuzzDefinitions finds definitions that do not compile, or that GitLab refuses in some kind of pipeline.
func FuzzDefinitions(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkDefinition)
}

func checkDefinition(t *testing.T, seed uint64) {
	files := definitions.Generate(seed)
	result, found, err := compilertest.Compile(files)
	if err != nil || found.HasErrors() {
		t.Fatalf("definition %d does not compile: %v\n%v\n%s", seed, err, found, files["stemma.yaml"].Data)
	}
	for _, file := range result.Files {
		files[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	project := &config.Project{Path: "group/project", Tree: files}
	for _, changed := range []rule.Changed{{}, {IsKnown: true, Paths: []string{"stemma.yaml"}}} {
		for _, kind := range pipeline.Kinds() {
			p := pipeline.Evaluate(pipeline.Request{Project: project, Kind: kind, Changed: changed})
			if p.Outcome == pipeline.Refused {
				t.Fatalf("GitLab refuses definition %d in %s:\n%s\n%s", seed, kind.Name, p.Problems, files["stemma.yaml"].Data)
			}
			checkChildren(t, p, seed, kind)
		}
	}
}

// checkChildren checks that no job starts an empty pipeline, which GitLab takes for a failure.
func checkChildren(t *testing.T, p *pipeline.Pipeline, seed uint64, kind pipeline.Kind) {
	t.Helper()
	for _, job := range p.Jobs {
		if child, ok := p.Child(job); ok && child.Outcome != pipeline.Created {
			t.Errorf("definition %d in %s: %s starts a pipeline that is %s\n%s", seed, kind.Name, job.Name, child.Outcome, child.Problems)
		}
	}
}
