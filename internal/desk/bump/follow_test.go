package bump

import (
	"errors"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func TestABumpThatNeedsAProjectAsksForIt(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"GITLAB_TOKEN": "token"}
	b := &bumping{Options: Options{Here: true}, getenv: func(name string) string { return environ[name] }}
	_, err := b.gitlab()
	var usage cli.UsageError
	if !errors.As(err, &usage) || err.Error() != "which project on GitLab? Give --project, such as group/project, or set CI_PROJECT_PATH" {
		t.Error(err)
	}
}
