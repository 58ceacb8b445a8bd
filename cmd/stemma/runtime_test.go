package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestRuntimeIsMirroredForAllPlatforms(t *testing.T) {
	t.Parallel()
	from, to := ocitest.New(t), ocitest.New(t)
	index, err := random.Index(1000, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(from.Host + "/stemma/runtime:1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	var out, log bytes.Buffer
	code := run([]string{"runtime", "mirror", "--from", ref.String(), to.Host + "/mirror/stemma"}, cli.Streams{Out: &out, Err: &log}, nil)
	if code != 0 || !strings.Contains(out.String(), schema.VarRuntimeImage+"="+to.Host+"/mirror/stemma:1.0.0\n") {
		t.Fatalf("%d\n%s%s", code, out.String(), log.String())
	}
	want, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if copied, err := crane.Digest(to.Host + "/mirror/stemma:1.0.0"); err != nil || copied != want.String() {
		t.Errorf("the mirror has %s, not %s (%v)", copied, want, err)
	}
}

func TestRuntimeRefusesWhatItCannotMirror(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"no repository":         {nil, 2, "mirror needs the repository to copy to"},
		"a repository's name":   {[]string{"Not A Repository"}, 2, "Not A Repository"},
		"nothing to copy":       {[]string{"--from", registry.Host + "/gone:1", registry.Host + "/mirror"}, 1, registry.Host + "/gone:1"},
		"no reference":          {[]string{"--from", "A B", registry.Host + "/mirror"}, 2, "--from"},
		"a registry that's not": {[]string{"--from", "127.0.0.1:1/gone:1", registry.Host + "/mirror"}, 3, "gone:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, log bytes.Buffer
			code := run(append([]string{"runtime", "mirror"}, test.args...), cli.Streams{Out: &out, Err: &log}, nil)
			if code != test.code || !strings.Contains(log.String(), test.says) {
				t.Errorf("%d\n%s", code, log.String())
			}
		})
	}
}
