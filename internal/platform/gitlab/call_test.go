package gitlab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

// TestRequests holds what each call sends: the route, the query, the header with the token and the body, as https://docs.gitlab.com/api/
// describes them.
func TestRequests(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	p := project(t, "a/b.c")
	tests := map[string]struct {
		call func(context.Context, *gitlab.Client) error
		want string
		body any
	}{
		"the user": {func(ctx context.Context, c *gitlab.Client) error { return second(c.User(ctx)) }, "GET /user", nil},
		"the notes": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.Notes(ctx, p, 3)) },
			"GET /projects/a%2Fb%2Ec/merge_requests/3/notes?order_by=created_at&page=1&per_page=100&sort=asc", nil,
		},
		"a new note": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.CreateNote(ctx, p, 3, "hello")) },
			"POST /projects/a%2Fb%2Ec/merge_requests/3/notes",
			fields{"body": "hello"},
		},
		"another text of a note": {
			func(ctx context.Context, c *gitlab.Client) error { return c.UpdateNote(ctx, p, 3, 4, "") },
			"PUT /projects/a%2Fb%2Ec/merge_requests/3/notes/4",
			fields{"body": ""},
		},
		"no note": {
			func(ctx context.Context, c *gitlab.Client) error { return c.DeleteNote(ctx, p, 3, 4) },
			"DELETE /projects/a%2Fb%2Ec/merge_requests/3/notes/4", nil,
		},
		"merge requests": {func(ctx context.Context, c *gitlab.Client) error {
			return second(c.MergeRequests(ctx, p, gitlab.MergeRequestFilter{State: "opened", Source: "x/y", Target: "main"}))
		}, "GET /projects/a%2Fb%2Ec/merge_requests?page=1&per_page=100&source_branch=x%2Fy&state=opened&target_branch=main", nil},
		"all merge requests": {func(ctx context.Context, c *gitlab.Client) error {
			return second(c.MergeRequests(ctx, p, gitlab.MergeRequestFilter{}))
		}, "GET /projects/a%2Fb%2Ec/merge_requests?page=1&per_page=100", nil},
		"a merge request": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.MergeRequest(ctx, p, 3)) },
			"GET /projects/a%2Fb%2Ec/merge_requests/3", nil,
		},
		"a new merge request": {
			func(ctx context.Context, c *gitlab.Client) error {
				draft := gitlab.MergeRequestDraft{Source: "s", Target: "t", Title: "T", Labels: []string{"a", "b"}, RemoveSource: true}
				return second(c.CreateMergeRequest(ctx, p, draft))
			}, "POST /projects/a%2Fb%2Ec/merge_requests",
			fields{"source_branch": "s", "target_branch": "t", "title": "T", "labels": "a,b", "remove_source_branch": true},
		},
		"another title": {func(ctx context.Context, c *gitlab.Client) error {
			return second(c.UpdateMergeRequest(ctx, p, 3, gitlab.MergeRequestDraft{Source: "s", Title: "T", RemoveSource: true}))
		}, "PUT /projects/a%2Fb%2Ec/merge_requests/3", fields{"title": "T"}},
		"a trigger": {func(ctx context.Context, c *gitlab.Client) error {
			request := gitlab.PipelineRequest{Ref: "main", Variables: map[string]string{"A": "b"}}
			return second(c.Trigger(ctx, p, gitlab.NewToken(gitlab.Trigger, "t0ken", "T"), request))
		}, "POST /projects/a%2Fb%2Ec/trigger/pipeline without a token", fields{"ref": "main", "token": "t0ken", "variables": fields{"A": "b"}}},
		"a trigger with inputs": {func(ctx context.Context, c *gitlab.Client) error {
			request := gitlab.PipelineRequest{Ref: "main", Inputs: map[string]string{"a": "b"}}
			return second(c.Trigger(ctx, p, gitlab.NewToken(gitlab.Trigger, "t0ken", "T"), request))
		}, "POST /projects/a%2Fb%2Ec/trigger/pipeline without a token", fields{"ref": "main", "token": "t0ken", "inputs": fields{"a": "b"}}},
		"a new pipeline": {func(ctx context.Context, c *gitlab.Client) error {
			request := gitlab.PipelineRequest{Ref: "main", Variables: map[string]string{"A": "b"}, Inputs: map[string]string{"c": "d"}}
			return second(c.CreatePipeline(ctx, p, request))
		}, "POST /projects/a%2Fb%2Ec/pipeline", fields{"ref": "main", "variables": []any{fields{"key": "A", "value": "b"}}, "inputs": fields{"c": "d"}}},
		"a new pipeline without variables": {func(ctx context.Context, c *gitlab.Client) error {
			return second(c.CreatePipeline(ctx, p, gitlab.PipelineRequest{Ref: "main"}))
		}, "POST /projects/a%2Fb%2Ec/pipeline", fields{"ref": "main"}},
		"a pipeline": {func(ctx context.Context, c *gitlab.Client) error { return second(c.Pipeline(ctx, p, 5)) }, "GET /projects/a%2Fb%2Ec/pipelines/5", nil},
		"cancel":     {func(ctx context.Context, c *gitlab.Client) error { return second(c.CancelPipeline(ctx, p, 5)) }, "POST /projects/a%2Fb%2Ec/pipelines/5/cancel", nil},
		"the newest": {func(ctx context.Context, c *gitlab.Client) error {
			return second(c.Pipelines(ctx, p, gitlab.PipelineFilter{}))
		}, "GET /projects/a%2Fb%2Ec/pipelines?order_by=id&per_page=100&sort=desc", nil},
		"chosen pipelines": {func(ctx context.Context, c *gitlab.Client) error {
			filter := gitlab.PipelineFilter{Ref: "r", SHA: "s", Source: "push", Name: "n", Status: gitlab.Failed, After: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
			return second(c.Pipelines(ctx, p, filter))
		}, "GET /projects/a%2Fb%2Ec/pipelines?created_after=2026-01-02T03%3A04%3A05Z&name=n&order_by=id&per_page=100&ref=r&sha=s&sort=desc&source=push&status=failed", nil},
		"the jobs": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.Jobs(ctx, p, 5)) },
			"GET /projects/a%2Fb%2Ec/pipelines/5/jobs?page=1&per_page=100", nil,
		},
		"the repositories": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.RegistryRepositories(ctx, p)) },
			"GET /projects/a%2Fb%2Ec/registry/repositories?page=1&per_page=100", nil,
		},
		"the tags": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.RegistryTags(ctx, p, 6)) },
			"GET /projects/a%2Fb%2Ec/registry/repositories/6/tags?page=1&per_page=100", nil,
		},
		"no tag": {
			func(ctx context.Context, c *gitlab.Client) error { return c.DeleteRegistryTag(ctx, p, 6, "v1.2") },
			"DELETE /projects/a%2Fb%2Ec/registry/repositories/6/tags/v1%2E2", nil,
		},
		"the project": {func(ctx context.Context, c *gitlab.Client) error { return second(c.Info(ctx, p)) }, "GET /projects/a%2Fb%2Ec", nil},
		"an opinion": {
			func(ctx context.Context, c *gitlab.Client) error { return second(c.Lint(ctx, p, "a: b")) },
			"POST /projects/a%2Fb%2Ec/ci/lint",
			fields{"content": "a: b"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			var body any
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Method + " " + r.RequestURI[len("/api/v4"):]
				if r.Header.Get("PRIVATE-TOKEN") != "s3cret" {
					got += " without a token"
				}
				if content, err := io.ReadAll(r.Body); err == nil && len(content) > 0 {
					_ = json.Unmarshal(content, &body)
				}
				w.WriteHeader(http.StatusNoContent)
			})
			client, err := gitlab.NewClient(gitlab.Config{API: address + "/api/v4", Token: gitlab.NewToken(gitlab.Private, "s3cret", "T")})
			check(t, err)
			_ = test.call(t.Context(), client) // the answer is empty
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if diff := cmp.Diff(test.body, body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// serve returns the address of a server.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	p := project(t, "a/b")
	tests := map[string]struct {
		answer string
		ask    func(context.Context, *gitlab.Client) (any, error)
		want   any
	}{
		"a pipeline": {
			`{"id": 7, "ref": "main", "sha": "abc", "status": "running", "source": "push", "name": null, "web_url": "http://x", "created_at": null}`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Pipeline(ctx, p, 7) },
			gitlab.Pipeline{ID: 7, Ref: "main", SHA: "abc", Status: "running", Source: "push", URL: "http://x"},
		},
		"a job": {
			`[{"id": 8, "name": "build", "stage": "images", "status": "failed", "allow_failure": true, "web_url": "http://x"}]`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Jobs(ctx, p, 7) },
			[]gitlab.JobOf{{Name: "build", Status: gitlab.Failed, URL: "http://x"}},
		},
		"a fork's merge request": {
			`{"iid": 9, "title": "T", "allow_collaboration": true}`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.MergeRequest(ctx, p, 9) },
			gitlab.MergeRequest{IID: 9, Title: "T", AllowsCollaboration: true},
		},
		"the notes of people": {
			`[{"id": 1, "body": "changed the title", "system": true}, {"id": 2, "body": "hello", "author": {"id": 3, "username": "ann"}}]`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Notes(ctx, p, 9) },
			[]gitlab.Note{{ID: 2, Author: gitlab.User{ID: 3, Name: "ann"}, Body: "hello"}},
		},
		"a project": {
			`{"id": 4, "path_with_namespace": "a/b", "default_branch": "main", "archived": true, "web_url": "http://x"}`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Info(ctx, p) },
			gitlab.ProjectInfo{DefaultBranch: "main"},
		},
		"an opinion": {
			`{"valid": true, "errors": [], "warnings": ["w"], "merged_yaml": "a"}`,
			func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Lint(ctx, p, "a") },
			gitlab.Lint{Valid: true, Errors: []string{}, Warnings: []string{"w"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, test.answer) })
			// Jobs may have the server's address without the path of the API.
			client, err := gitlab.NewClient(gitlab.Config{API: address + "/"})
			check(t, err)
			got, err := test.ask(t.Context(), client)
			check(t, err)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// An answer that cannot be read may be that of a request that was carried out.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "<html>", `{"id": "x"}`, "[]"} {
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		client, err := gitlab.NewClient(gitlab.Config{API: address})
		check(t, err)
		_, err = client.Pipeline(t.Context(), project(t, "a/b"), 1)
		var known *gitlab.Error
		if !errors.As(err, &known) || !known.Lost || known.Message != "its answer is not what the API's documentation says" {
			t.Errorf("%q: got %v, want an error that says that it may have been carried out", answer, err)
		}
	}
}
