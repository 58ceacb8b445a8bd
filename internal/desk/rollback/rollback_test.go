package rollback_test

import (
	"bytes"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/desk/rollback"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request rollback.Request
		want    string
	}{
		"a list":                     {rollback.Request{Image: "app"}, ""},
		"a rollback":                 {rollback.Request{Image: "app", To: "v1", Reason: "it crashes"}, ""},
		"a dry run":                  {rollback.Request{Image: "app", To: "v1", DryRun: true}, ""},
		"no reason":                  {rollback.Request{Image: "app", To: "v1"}, "--reason: "},
		"a long reason":              {rollback.Request{Image: "app", To: "v1", Reason: strings.Repeat("x", 10_000), DryRun: true}, "--reason: it has 10000 bytes"},
		"a reason without a release": {rollback.Request{Image: "app", Reason: "it crashes"}, "to which release? `stemma rollback app` lists them"},
		"a dry run of a list":        {rollback.Request{Image: "app", DryRun: true}, "to which release? `stemma rollback app` lists them"},
		"resume":                     {rollback.Request{Image: "app", Resume: true}, ""},
		"resume with a release":      {rollback.Request{Image: "app", To: "v1", Resume: true}, "--resume takes no digest: the next release decides what the tags name"},
		"resume with a reason":       {rollback.Request{Image: "app", Reason: "it crashes", Resume: true}, "--resume excludes --reason and --dry-run"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.request.Check()
			if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestRunFindsTheImage(t *testing.T) {
	t.Parallel()
	const definition = "version: 1\nimages: {app: {distribution: alpine, version: \"3.22\"}, internal: {distribution: alpine, version: \"3.22\", release: []}}\n"
	tests := map[string]struct {
		request rollback.Request
		want    string
	}{
		"no registry":         {rollback.Request{Image: "app"}, "where are the images? Give --registry"},
		"no such image":       {rollback.Request{Image: "ap", Registry: "127.0.0.1:1/a"}, `there is no image "ap"; did you mean "app"?`},
		"an image unreleased": {rollback.Request{Image: "internal", Registry: "127.0.0.1:1/a"}, "internal is released nowhere: its `release` is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := rollback.Run(t.Context(), projecttest.New(t, definition), test.request, &out)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || out.Len() > 0 {
				t.Errorf("got %v, printed %q; want %q", err, out.String(), test.want)
			}
		})
	}
}
