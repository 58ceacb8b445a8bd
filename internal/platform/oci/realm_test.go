package oci_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// TestTokensOfAGitLabWithoutAName asks a registry whose GitLab is at another port of a private address.
func TestTokensOfAGitLabWithoutAName(t *testing.T) {
	t.Parallel()
	guard := ocitest.Guard{Username: "ann", Password: "s3cret", Tokens: true}
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		asked.Add(1)
		guard.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	registry := ocitest.New(t)
	push(t, registry.Host+"/a/b:1")
	other := "http://127.0.0.1:1"
	tests := map[string]struct {
		realm  string
		gitlab oci.GitLab
		want   string
	}{
		"of its GitLab":                 {server.URL + "/jwt/auth", oci.GitLab{Registry: registry.Host, URL: server.URL}, ""},
		"of its GitLab below a path":    {server.URL + "/git/jwt/auth", oci.GitLab{Registry: registry.Host, URL: server.URL + "/git/"}, ""},
		"of an unknown GitLab":          {server.URL + "/jwt/auth", oci.GitLab{}, "set CI_REGISTRY=" + registry.Host + " and CI_SERVER_URL=" + server.URL},
		"of another registry's GitLab":  {server.URL + "/jwt/auth", oci.GitLab{Registry: "127.0.0.1:2", URL: server.URL}, "set CI_REGISTRY=" + registry.Host},
		"of another GitLab":             {server.URL + "/jwt/auth", oci.GitLab{Registry: registry.Host, URL: other}, "the address of GitLab in CI_SERVER_URL is " + other + "; let the realm in the configuration of the registry be " + other + "/jwt/auth"},
		"at another path of its GitLab": {server.URL + "/api/v4/user", oci.GitLab{Registry: registry.Host, URL: server.URL}, "a private address that is not its own, and gets no credentials for it"},
		"with a password in it":         {strings.Replace(server.URL, "//", "//a:b@", 1) + "/jwt/auth", oci.GitLab{Registry: registry.Host, URL: server.URL}, "a private address that is not its own"},
		"at a link-local address":       {"http://169.254.169.254/latest/meta-data", oci.GitLab{Registry: registry.Host, URL: server.URL}, "http://169.254.169.254/latest/meta-data for a token, a private address"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { // one after the other: they share the registry
			guard.Realm = test.realm
			registry.Protect(guard)
			client, err := oci.NewClient(oci.Config{
				Backoff: time.Millisecond, GitLab: test.gitlab,
				Credentials: map[string]oci.Credentials{registry.Host: {Username: "ann", Password: "s3cret", From: "here"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			asked.Store(0)
			_, err = client.Look(t.Context(), reference(t, registry.Host+"/a/b:1"), "")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if isAsked := asked.Load() > 0; isAsked != (test.want == "") {
				t.Errorf("the token service was asked: %t", isAsked)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}
