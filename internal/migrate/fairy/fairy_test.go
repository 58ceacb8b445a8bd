package fairy_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/fairy"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

func TestRulesNameWhatIsWrongWithACommit(t *testing.T) {
	t.Parallel()
	good := fairy.Commit{ID: "0123456789", Author: "Ann", Email: "ann@example.org", Message: "Say it\n\nIn a body."}
	tests := map[string]struct {
		change func(*fairy.Commit)
		rules  fairy.Rules
		want   string
	}{
		"nothing":              {nil, fairy.Rules{TextWidth: 80}, ""},
		"fixup":                {func(c *fairy.Commit) { c.Message = "fixup! x" }, fairy.Rules{}, "autosquash"},
		"squash":               {func(c *fairy.Commit) { c.Message = "squash! x" }, fairy.Rules{}, "autosquash"},
		"no subject":           {func(c *fairy.Commit) { c.Message = "" }, fairy.Rules{}, "no subject"},
		"a long subject":       {func(c *fairy.Commit) { c.Message = strings.Repeat("ü", 81) }, fairy.Rules{TextWidth: 80}, "has 81 characters"},
		"of any length":        {func(c *fairy.Commit) { c.Message = strings.Repeat("ü", 81) }, fairy.Rules{}, ""},
		"no empty line":        {func(c *fairy.Commit) { c.Message = "a\nb" }, fairy.Rules{}, "second line"},
		"an author by default": {func(c *fairy.Commit) { c.Email = "root@localhost" }, fairy.Rules{}, "user.name"},
		"an address of GitLab": {func(c *fairy.Commit) { c.Email = "1-ann@users.noreply.gitlab.com" }, fairy.Rules{}, "GitLab made up"},
		"an address of GitHub": {func(c *fairy.Commit) { c.Email = "1+ann@users.noreply.github.com" }, fairy.Rules{}, ""},
		"not signed":           {nil, fairy.Rules{SignedOff: fairy.SignOffWanted}, "no Signed-off-by"},
		"no signature":         {nil, fairy.Rules{Signature: true}, "--gpg-sign"},
		"a signature":          {func(c *fairy.Commit) { c.IsSigned = true }, fairy.Rules{Signature: true}, ""},
		"signed":               {func(c *fairy.Commit) { c.Message += "\n\nSigned-off-by: Ann <a@b>" }, fairy.Rules{SignedOff: fairy.SignOffRefused}, "does not use"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			commit := good
			if test.change != nil {
				test.change(&commit)
			}
			if got := strings.Join(test.rules.Check(commit), "\n"); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// scene is a GitLab with a project, and a client with an access token.
func scene(t *testing.T) (*gitlab.Client, gitlab.Project) {
	t.Helper()
	server := gitlabtest.New(t)
	server.AddProject(gitlabtest.Project{
		Path: "group/project", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Maintainer}, Branches: []string{"topic"},
		Repositories: map[string]map[string]string{"fedora/43": {"1": "sha256:1", "2": "sha256:2", "keep": "sha256:3"}, "debian/13": {"1": "sha256:1"}},
	})
	client, err := gitlab.NewClient(gitlab.Config{API: server.API(), Token: gitlab.NewToken(gitlab.Private, server.PrivateToken("ann"), "file")})
	if err != nil {
		t.Fatal(err)
	}
	project, err := gitlab.ParseProject("group/project")
	if err != nil {
		t.Fatal(err)
	}
	return client, project
}

func TestDeleteImagesDeletesWhatIsNamed(t *testing.T) {
	t.Parallel()
	const fedora, debian = " group/project/fedora/43:", " group/project/debian/13:"
	tests := map[string]struct {
		deletion fairy.Deletion
		log      []string
		err      string
	}{
		"a repository":      {fairy.Deletion{Repository: "fedora/43"}, []string{"deleted" + fedora + "1", "deleted" + fedora + "2", "deleted" + fedora + "keep"}, ""},
		"all but one":       {fairy.Deletion{Repository: "fedora/43", Exclude: "keep"}, []string{"deleted" + fedora + "1", "deleted" + fedora + "2"}, ""},
		"a tag":             {fairy.Deletion{Repository: "fedora/*", Tag: "1"}, []string{"deleted" + fedora + "1"}, ""},
		"nothing, only say": {fairy.Deletion{Repository: "fedora/43", Tag: "2", DryRun: true}, []string{"would delete" + fedora + "2"}, ""},
		"everything":        {fairy.Deletion{All: true, Exclude: "k*"}, []string{"deleted" + debian + "1", "deleted" + fedora + "1", "deleted" + fedora + "2"}, ""},
		"no such image":     {fairy.Deletion{Repository: "fedora/4"}, nil, "has no image fedora/4"},
		"no pattern":        {fairy.Deletion{Repository: "["}, nil, `"[" is not a pattern`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, project := scene(t)
			test.deletion.Project = project
			var log bytes.Buffer
			err := fairy.DeleteImages(t.Context(), client, test.deletion, &log)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Join(test.log, "\n"), strings.TrimSpace(log.String())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckMergeRequestAsksForCollaboration(t *testing.T) {
	t.Parallel()
	client, project := scene(t)
	if _, err := client.CreateMergeRequest(t.Context(), project, gitlab.MergeRequestDraft{Source: "topic", Target: "main", Title: "x"}); err != nil {
		t.Fatal(err)
	}
	check := func(variables map[string]string, required bool) (string, error) {
		wrong, err := fairy.CheckMergeRequest(t.Context(), client, func(name string) string { return variables[name] }, required)
		return strings.Join(wrong, ""), err
	}
	ours := map[string]string{"CI_MERGE_REQUEST_PROJECT_PATH": "group/project", "CI_MERGE_REQUEST_IID": "1"}
	if wrong, err := check(ours, true); err != nil || !strings.Contains(wrong, "allow commits from members") {
		t.Errorf("%q %v", wrong, err)
	}
	if wrong, err := check(map[string]string{"CI_OPEN_MERGE_REQUESTS": "group/project!1,other/project!2"}, false); err != nil || wrong != "" {
		t.Errorf("%q %v", wrong, err)
	}
	for _, variables := range []map[string]string{{}, {"CI_OPEN_MERGE_REQUESTS": "group/project!x"}, {"CI_OPEN_MERGE_REQUESTS": "!1"}, {"CI_OPEN_MERGE_REQUESTS": "group/project!9"}} {
		if _, err := check(variables, true); err == nil {
			t.Errorf("%v names no merge request", variables)
		}
	}
}

func TestStoreCopiesBothWays(t *testing.T) {
	t.Parallel()
	kept := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if request.Method == http.MethodPut {
			var body bytes.Buffer
			_, _ = body.ReadFrom(request.Body)
			kept[request.URL.Path] = body.String()
			return
		}
		_, _ = w.Write([]byte(kept[request.URL.Path]))
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file, back := filepath.Join(dir, "file"), filepath.Join(dir, "back")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := fairy.NewStore(http.DefaultTransport, "s3cret")
	for _, pair := range [][2]string{{file, server.URL + "/bucket/"}, {server.URL + "/bucket/file", back}} {
		if err := store.Copy(t.Context(), pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(back); err != nil || string(got) != "content" {
		t.Errorf("%q %v", got, err)
	}
	for name, pair := range map[string][2]string{
		"two files": {file, back}, "two addresses": {server.URL, server.URL}, "no file": {filepath.Join(dir, "none"), server.URL}, "nobody": {file, "http://127.0.0.1:1/x"},
	} {
		if err := store.Copy(t.Context(), pair[0], pair[1]); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := fairy.NewStore(http.DefaultTransport, "wrong").Copy(t.Context(), file, server.URL+"/x"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Error(err)
	}
}
