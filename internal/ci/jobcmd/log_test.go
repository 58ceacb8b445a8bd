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
	type when = []func(*jobScene)
	tests := map[string]struct {
		command string
		when    when
		want    string
	}{
		"a snippet that fails": {"build", when{
			set(schema.VarDistributionPackages, "curl", schema.VarDistributionExec, "make"), withClone, says(`*workingdir*`, "make", "2"),
		}, `: Build REGISTRY/group/project/rust:v1: no image has the tag v1.
stemma-pull: Pull REGISTRY/lib/base@sha256:DIGEST
stemma-install: Install 1 package
stemma-run: Run the exec snippet
stemma-run: make
: The last lines of the section above:
:     make
: stemma: build rust: the exec snippet failed with exit code 2 in its line 1: make
`},
		"a compiled job": {"build", when{
			set(schema.VarImage, "rust", schema.VarUsers, `{"me": 1000}`), says(`*useradd*`, "useradd: no", "1"),
		}, `: Build REGISTRY/group/project/rust:v1: no image has the tag v1.
stemma-pull: Pull REGISTRY/lib/base@sha256:DIGEST
stemma-install: Create the users
stemma-install: useradd: no
: The last lines of the section above:
:     useradd: no
: stemma: build rust: create the user me: buildah run: exit status 1
: To repeat this build on your machine, run ` + "`stemma build rust`" + `.
`},
		"a mirror that cannot be reached": {"build", when{
			set(schema.VarDistributionPackages, "curl make", schema.VarImage, "rust"), says(`*apk\ add*`, unreachable, "1"),
		}, `: Build REGISTRY/group/project/rust:v1: no image has the tag v1.
stemma-pull: Pull REGISTRY/lib/base@sha256:DIGEST
stemma-install: Install 2 packages
stemma-install: ` + unreachable + `
: The last lines of the section above:
:     ` + unreachable + `
: stemma: build rust: install packages: buildah run: exit status 1
: The cause is outside of this project: a registry, GitLab, a mirror of packages, or the network. Run this job again.
`},
		"a copy that is refused": {"build", when{
			set(schema.VarUpstreamRepo, "up/stream"), pushed("up/stream/rust:v1"), failing("group/project/rust/manifests/sha256", 403),
		}, `: Copy REGISTRY/group/project/rust:v1: the upstream project has it.
stemma-push: Copy REGISTRY/up/stream/rust@sha256:DIGEST to REGISTRY/group/project/rust
: stemma: copy REGISTRY/up/stream/rust@sha256:DIGEST to REGISTRY/group/project/rust@sha256:DIGEST: REGISTRY does not allow it (403): the job's user may lack the right, or the tag is protected
`},
		"a test that fails": {"verify", when{
			pushed("group/project/rust:v1"), set(schema.VarTest, "exit 3"), says("run*", "Connection refused", "3"),
		}, `stemma-test: Test STEMMA_TEST
stemma-test: Connection refused
: FAIL STEMMA_TEST: it ended with status 3.
: The test "STEMMA_TEST" failed: it ended with status 3.
:     Connection refused
`},
		"a release before the build": {"release", when{set(schema.VarRelease, toHub, schema.VarImage, "rust")}, `: stemma: look up REGISTRY/group/project/rust:v1: the registry has no such image
: Run the job build:rust first.
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
