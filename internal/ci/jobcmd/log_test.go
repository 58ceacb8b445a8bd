package jobcmd

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/schema"
)

var aDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// shownLog runs a job command and returns its log as GitLab shows it, without what differs from run to run.
func (s *jobScene) shownLog(command string) string {
	s.Helper()
	_, printed := s.run(command)
	printed = aDigest.ReplaceAllString(strings.ReplaceAll(printed, s.registry.Host, "REGISTRY"), "sha256:DIGEST")
	return strings.Join(jobtest.Shown(printed), "\n") + "\n"
}

func TestLogs(t *testing.T) {
	withBuildah(t)
	tests := map[string]struct {
		command string
		when    []func(*jobScene)
		want    string
	}{
		"a failure in a phase": {"build", []func(*jobScene){
			set(schema.VarDistributionPackages, "curl", schema.VarDistributionExec, "make"), withClone, says(`*workingdir*`, "make", "2"),
		}, `: Build REGISTRY/group/project/rust:v1: no image has the tag v1.
stemma-pull: Pull REGISTRY/lib/base@sha256:DIGEST
stemma-install: Install 1 package
stemma-run: Run the exec snippet
stemma-run: make
: stemma: build rust: the exec snippet failed with exit code 2 in its line 1: make
`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newJobScene(t)
			s.buildah("")
			for _, change := range test.when {
				change(s)
			}
			if diff := cmp.Diff(test.want, s.shownLog(test.command)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whatever ends a job, nothing that follows is in a section.
func TestSectionsEnd(t *testing.T) {
	t.Parallel()
	ends := map[string]func(stop context.CancelFunc, w *workplace) error{
		"an error": func(context.CancelFunc, *workplace) error { return errors.New("failed") },
		"a panic":  func(context.CancelFunc, *workplace) error { panic("failed") },
		"cancellation": func(stop context.CancelFunc, w *workplace) error {
			stop()
			w.log.Begin("push", "Push")
			return errors.New("failed")
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w, err := newWorkplace(cli.Streams{Out: &out, Err: &out}, []string{"GITLAB_CI=true"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			func() {
				defer func() { _ = recover() }()
				_ = w.work(ctx, jobStep{run: func(_ context.Context, w *workplace) error {
					w.log.Begin("run", "Run")
					return end(stop, w)
				}})
			}()
			out.WriteString("after\n")
			if lines := jobtest.Shown(out.String()); lines[0] != "stemma-run: Run" || lines[len(lines)-1] != ": after" {
				t.Errorf("got %q", lines)
			}
		})
	}
}
