package pipeline_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
)

func TestKindsAreConsistent(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, kind := range pipeline.Kinds() {
		_, isBranch := kind.Predefined["CI_COMMIT_BRANCH"]
		_, isTag := kind.Predefined["CI_COMMIT_TAG"]
		_, isRequest := kind.Predefined["CI_MERGE_REQUEST_IID"]
		refs := 0
		for _, is := range []bool{isBranch, isTag, isRequest} {
			if is {
				refs++
			}
		}
		switch {
		case names[kind.Name]:
			t.Errorf("%s is there twice", kind.Name)
		case refs != 1:
			t.Errorf("%s is not of one branch, tag or merge request", kind.Name)
		case kind.Source() == "":
			t.Errorf("%s has no source", kind.Name)
		case isTag && kind.KnowsChanges:
			t.Errorf("%s knows changes, but GitLab compares a tag with nothing", kind.Name)
		}
		names[kind.Name] = true
	}
}

func TestPredefinedVariablesCanBeReplaced(t *testing.T) {
	t.Parallel()
	kind, _ := pipeline.Find("default")
	other := kind.With(map[string]string{"CI_PROJECT_PATH": "a/b"})
	if other.Predefined["CI_PROJECT_PATH"] != "a/b" || kind.Predefined["CI_PROJECT_PATH"] != "group/project" {
		t.Errorf("the project is %s, and was %s", other.Predefined["CI_PROJECT_PATH"], kind.Predefined["CI_PROJECT_PATH"])
	}
}
