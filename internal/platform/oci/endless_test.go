package oci_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// TestNothingGoesOnForEver has a registry that redirects to itself, and one with lists that have no end.
func TestNothingGoesOnForEver(t *testing.T) {
	t.Parallel()
	again := http.Header{"Location": {"?again"}}
	more := http.Header{"Link": {`</v2/a/b/tags/list?last=a>; rel="next"`}}
	tests := map[string]struct {
		operation string
		fault     ocitest.Fault
		want      string
	}{
		"a manifest": {"look", ocitest.Fault{Path: "/manifests/", Status: http.StatusFound, Header: again}, "redirects more than 10 times"},
		"an upload":  {"publish", ocitest.Fault{Method: http.MethodPost, Status: http.StatusTemporaryRedirect, Header: again}, "redirects more than 10 times"},
		"a list":     {"tags", ocitest.Fault{Path: "/tags/list", Status: http.StatusOK, Header: more, Body: `{"tags":["a"]}`}, "has more than 10000 pages"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Second, fmt.Errorf("%s goes on", name))
			defer cancel()
			err := operations[test.operation](ctx, newFaulty(t, test.fault))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
