package workstation_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/workstation"
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
	err = workstation.MirrorRuntime(t.Context(), ref.String(), to.Host+"/mirror/stemma", noVariables, cli.Streams{Out: &out, Err: &log})
	if want := schema.VarRuntimeImage + "=" + to.Host + "/mirror/stemma:1.0.0\n"; err != nil || !strings.HasSuffix(out.String(), want) {
		t.Fatalf("got %v, printed %q and %q; want %q", err, out.String(), log.String(), want)
	}
	want, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if copied, err := crane.Digest(to.Host + "/mirror/stemma:1.0.0"); err != nil || copied != want.String() {
		t.Errorf("the mirror has %s, not %s (%v)", copied, want, err)
	}
}

func noVariables(string) string { return "" }

func TestMirrorExplainsWhatIsWrong(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	tests := map[string]struct {
		from, to string
		isUsage  bool
		want     string
	}{
		"no reference":   {"A B", registry.Host + "/mirror", true, "--from: "},
		"no repository":  {workstation.RuntimeImage, "Not A Repository", true, "Not A Repository"},
		"no such image":  {registry.Host + "/gone:1", registry.Host + "/mirror", false, registry.Host + "/gone:1"},
		"no such server": {"127.0.0.1:1/gone:1", registry.Host + "/mirror", false, "gone:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := workstation.MirrorRuntime(t.Context(), test.from, test.to, noVariables, cli.Streams{Out: io.Discard, Err: io.Discard})
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, new(cli.UsageError)) != test.isUsage {
				t.Errorf("got %T %v, want %q in it, as wrong usage: %t", err, err, test.want, test.isUsage)
			}
		})
	}
}
