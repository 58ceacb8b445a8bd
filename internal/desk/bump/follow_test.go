package bump

import (
	"errors"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

func TestABumpThatNeedsAProjectAsksForIt(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"GITLAB_TOKEN": "token"}
	b := &bumping{Options: Options{Here: true}, getenv: func(name string) string { return environ[name] }}
	_, err := b.gitlab(t.Context(), git.Repository{})
	var usage cli.UsageError
	if !errors.As(err, &usage) || err.Error() != "which project on GitLab? Give --project, such as group/project, or set CI_PROJECT_PATH" {
		t.Error(err)
	}
}

// TestABumpNamesWhatNeedsAToken has options and what the message says that they need the token for.
func TestABumpNamesWhatNeedsAToken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options Options
		want    string
	}{
		"here":            {Options{Here: true}, "starting a pipeline"},
		"a pipeline":      {Options{Trigger: true}, "starting a pipeline"},
		"a merge request": {Options{MergeRequest: true}, "opening a merge request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bumping{Options: test.options, getenv: func(string) string { return "" }}
			_, err := b.gitlab(t.Context(), git.Repository{})
			want := "GITLAB_TOKEN is not set: " + test.want + " needs an access token with the scope api; a job's own token does not suffice"
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}
