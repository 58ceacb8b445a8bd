package gitlab_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// TestAUsersTokenGoesOnlyToTheGitLabThatIsNamed has CI_API_V4_URL and the server of the remote, and whether the GitLab gets the token.
func TestAUsersTokenGoesOnlyToTheGitLabThatIsNamed(t *testing.T) {
	t.Parallel()
	server := gitlabtest.New(t)
	token := server.PrivateToken("ann")
	tests := map[string]struct{ address, remote, wantErr string }{
		"the job's":            {address: server.API()},
		"the remote's":         {remote: strings.TrimSuffix(server.API(), "/api/v4")},
		"the job's and others": {address: server.API(), remote: "https://gitlab.example.org"},
		"none":                 {wantErr: "set CI_API_V4_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := map[string]string{"CI_API_V4_URL": test.address, "GITLAB_TOKEN": token}
			client, err := gitlab.ConnectUser(func(name string) string { return environ[name] }, test.remote)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("got %v, want %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if user, err := client.User(t.Context()); err != nil || user.Name != "ann" {
				t.Errorf("got %+v, %v, want ann", user, err)
			}
		})
	}
}
