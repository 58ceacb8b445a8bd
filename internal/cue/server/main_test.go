package server_test

import (
	"bytes"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/cue/server"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The program serves only the stemma that it was installed with, because the schema and the format of answers may differ.
func TestMainRefusesOtherCallers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want string
	}{
		"a person":          {[]string{"stemma-cue"}, "stemma starts this program for projects with CUE\n"},
		"a newer stemma":    {[]string{"/bin/stemma-cue", "99.0.0", client.Evaluate, ".", ""}, "stemma has version 99.0.0, and /bin/stemma-cue has version " + schema.Version + "; install the same version of both\n"},
		"a missing project": {[]string{"stemma-cue", schema.Version, client.Fetch, "testdata/gone", ""}, "testdata/gone"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, problems bytes.Buffer
			code := server.Main(test.args, nil, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &problems})
			if code != 1 || out.Len() > 0 || !strings.Contains(problems.String(), test.want) {
				t.Errorf("got %d, %q and %q, want 1, nothing and %q", code, out.String(), problems.String(), test.want)
			}
		})
	}
}
