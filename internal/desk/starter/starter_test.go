package starter

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

func TestTheFirstPipelineHasTheWorkflowThatTheCheckAsksFor(t *testing.T) {
	t.Parallel()
	if !strings.Contains(firstPipeline, projectci.Workflow) {
		t.Errorf("files/gitlab-ci.yml lacks these lines:\n%s", projectci.Workflow)
	}
}
