package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// silences are all commands that talk to a registry or to GitLab, with the state they need before they send a request. SILENT is the address of a server
// that accepts connections and says nothing.
var silences = map[string]struct {
	args      []string
	variables string
	// definition is that of the project, where the command needs another one.
	definition string
	// git says that it is git which waits.
	git bool
	// isPinned says that the project has a lock, and is compiled.
	isPinned bool
}{
	"lock":                      {args: []string{"lock"}},
	"lock a source":             {args: []string{"lock"}, definition: "version: 1\nimages:\n  app: {containerfile: Containerfile, sources: [{url: \"http://SILENT/a.git\", path: src}]}\n", git: true},
	"check --online":            {args: []string{"check", "--online"}, isPinned: true},
	"packages":                  {args: []string{"packages", "SILENT/a/b:1"}},
	"why":                       {args: []string{"why", "SILENT/a/b:1"}},
	"review":                    {args: []string{"review", "HEAD"}, variables: "STEMMA_REVIEW_TOKEN=s3cret CI_MERGE_REQUEST_IID=7 CI_MERGE_REQUEST_PROJECT_PATH=group/project"},
	"diff":                      {args: []string{"diff"}, variables: "CI_MERGE_REQUEST_DIFF_BASE_SHA=0123456789012345678901234567890123456789 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=http://SILENT/a.git", git: true},
	"runtime mirror":            {args: []string{"runtime", "mirror", "SILENT/mirror", "--from", "SILENT/a/b:1"}},
	"build":                     {args: []string{"build"}},
	"build --registry":          {args: []string{"build", "--registry", "SILENT/group/project"}},
	"publish":                   {args: []string{"publish", "--registry", "SILENT/group/project"}},
	"prune --registry":          {args: []string{"prune", "--registry", "SILENT/group/project", "--keep", "1d"}},
	"fairy lint":                {args: []string{"fairy", "lint", "--filename", "stemma.yaml"}},
	"fairy delete-image":        {args: []string{"fairy", "delete-image", "--repository", "a"}},
	"fairy wait-for-pipeline":   {args: []string{"fairy", "wait-for-pipeline", "--sha", "abc"}},
	"fairy s3cp to":             {args: []string{"fairy", "s3cp", "--token-file", "token", "stemma.yaml", "http://SILENT/file"}},
	"fairy s3cp from":           {args: []string{"fairy", "s3cp", "--token-file", "token", "http://SILENT/file", "file"}},
	"fairy check-merge-request": {args: []string{"fairy", "check-merge-request", "--require-allow-collaboration"}, variables: "CI_MERGE_REQUEST_PROJECT_PATH=group/project CI_MERGE_REQUEST_IID=7"},
	"fairy check-commits":       {args: []string{"fairy", "check-commits"}, git: true},
	"status":                    {args: []string{"status", "--registry", "SILENT/group/project"}},
	"rollback":                  {args: []string{"rollback", "app", "--registry", "SILENT/group/project"}},
	"bump": {
		args: []string{"bump", "app=v2", "--yes"}, variables: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=http://SILENT/a.git GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org", git: true,
		definition: "version: 1\nimages:\n  app: {distribution: alpine, tag: v1}\n",
	},
	"bump --here":      {args: []string{"bump", "--here"}, variables: "GITLAB_TOKEN=s3cret GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=."},
	"job build":        {args: []string{"job", "build"}},
	"job verify":       {args: []string{"job", "verify"}},
	"job release":      {args: []string{"job", "release"}, variables: `STEMMA_RELEASE=[{"tags":["latest"]}]`},
	"job poke":         {args: []string{"job", "poke"}, variables: `STEMMA_DEPENDENTS=group/other@main`},
	"job mirror":       {args: []string{"job", "mirror"}, variables: `STEMMA_MIRRORS=[{"from":"SILENT/a/b:1","repository":"b","tag":"1"}]`},
	"job prune":        {args: []string{"job", "prune"}, variables: "STEMMA_PRUNE=rust STEMMA_KEEP=1d"},
	"job update-check": {args: []string{"job", "update-check"}, variables: `STEMMA_UPDATES=[{"image":"rust","places":[{"reference":"rust:0123456789abcdef"}]}]`},
}

// speechless are the commands that talk to no server.
var speechless = []string{
	"init", "compile", "explain", "graph", "plan", "resolve", "policy test", "schema", "import", "job check-rebuild", "fairy generate-template",
}

// Every command is in one of the lists.
func TestAllCommandsThatTalkAreKnown(t *testing.T) {
	t.Parallel()
	std := console{Streams: cli.Streams{Out: io.Discard, Err: io.Discard}, getenv: func(string) string { return "" }}
	commands := append(commands(std), fairycmd.New(std.Streams, nil))
	var got, want []string
	for _, command := range commands {
		if names := subcommands(command); len(names) > 0 {
			got = append(got, names...)
		} else if command.Name() != "fairy" { // the program that has its commands is in the list, too
			got = append(got, command.Name())
		}
	}
	for _, test := range silences {
		length := 1
		if test.args[0] == "job" || test.args[0] == "fairy" || test.args[0] == "runtime" {
			length = 2
		}
		want = append(want, strings.Join(test.args[:length], " "))
	}
	want = append(want, speechless...)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" {
		t.Errorf("the lists (-) and the commands (+) differ:\n%s", diff)
	}
}

// subcommands are the commands below a command, with its name.
func subcommands(command *cobra.Command) (names []string) {
	for _, each := range command.Commands() {
		names = append(names, command.Name()+" "+each.Name())
	}
	return names
}

const silentDefinition = `version: 1
project: group/project
images:
  app: {distribution: alpine, base: "SILENT/a/b:1", exec: "true"}
`

const silentVariables = `CI_REGISTRY=SILENT CI_REGISTRY_IMAGE=SILENT/group/project CI_REGISTRY_USER=u CI_REGISTRY_PASSWORD=s3cret CI_PROJECT_PATH=group/project
CI_PROJECT_ID=1 CI_PIPELINE_ID=2 CI_JOB_ID=3 CI_SERVER_URL=http://SILENT CI_API_V4_URL=http://SILENT/api/v4 CI_JOB_TOKEN=s3cret CI_DEFAULT_BRANCH=main CI_COMMIT_BRANCH=main
CI_COMMIT_SHA=0123456789012345678901234567890123456789 CI_COMMIT_REF_SLUG=main CI_JOB_STARTED_AT=2026-11-20T00:00:00Z CI_PIPELINE_CREATED_AT=2026-11-20T00:00:00Z CI_COMMIT_REF_PROTECTED=true
STEMMA_IMAGE=rust FDO_REPO_SUFFIX=rust FDO_DISTRIBUTION_TAG=0123456789abcdef FDO_BASE_IMAGE=SILENT/a/b:1 FDO_DISTRIBUTION_NAME=alpine FDO_DISTRIBUTION_EXEC=true`

// silence starts a command in a project whose registry and GitLab are silent. The channel is closed when the command has reached one of them.
func silence(t *testing.T, name, timeouts string) (command *exec.Cmd, out *bytes.Buffer, host string, reached <-chan struct{}) {
	t.Helper()
	test := silences[name]
	host, reached = networktest.Silent(t)
	fill := func(text string) string { return strings.ReplaceAll(text, "SILENT", host) }
	definition := test.definition
	if definition == "" {
		definition = silentDefinition
	}
	s := newSandbox(t, fill(definition))
	s.write("Containerfile", "FROM "+host+"/a/b:1\n")
	s.write("token", "t")
	s.git("init", "--quiet")
	if test.isPinned {
		s.write("stemma.lock", "version: 1\nparents:\n  "+host+"/a/b:1: {digest: sha256:"+strings.Repeat("a", 64)+", firstSeen: 2026-11-20T00:00:00Z}\n")
		s.commit()
		s.stemma(0, "compile")
	}
	s.commit()
	args := []string{"-C", s.dir}
	for _, arg := range test.args {
		args = append(args, fill(arg))
	}
	command = exec.Command("stemma", args...)
	out = &bytes.Buffer{}
	command.Dir, command.Stdout, command.Stderr = s.dir, out, out
	command.Env = slices.Concat(s.environ, strings.Fields(fill(silentVariables+" "+test.variables)), []string{"STEMMA_TIMEOUTS=" + timeouts})
	s.must(command.Start())
	return command, out, host, reached
}

// TestNoCommandWaitsForever runs every command against a server that accepts connections and says nothing.
func TestNoCommandWaitsForever(t *testing.T) {
	t.Parallel()
	type running struct {
		command *exec.Cmd
		out     *bytes.Buffer
		host    string
	}
	started := map[string]running{}
	tests := sample.Of(silences, 4)
	for name := range tests { // all at once: they only wait
		command, out, host, _ := silence(t, name, "connect=500ms answer=500ms upload=500ms stall=500ms")
		started[name] = running{command, out, host}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := started[name]
			killed := time.AfterFunc(time.Minute, func() { _ = r.command.Process.Kill() })
			err := r.command.Wait()
			switch says := r.out.String(); {
			case !killed.Stop():
				t.Errorf("it waits for ever:\n%s", says)
			case err == nil:
				t.Errorf("it ended well:\n%s", says)
			case test.git && !strings.Contains(says, "too slow") && !strings.Contains(says, "did not answer within"), !test.git && !(strings.Contains(says, r.host+" ") && strings.Contains(says, " within 500ms") && strings.Contains(says, "STEMMA_TIMEOUTS")):
				t.Errorf("it says:\n%s", says)
			case strings.Contains(says, "s3cret"):
				t.Errorf("a secret is shown:\n%s", says)
			}
		})
	}
}

// TestPullsHaveALimit lets the registry answer stemma, and then not the builder.
func TestPullsHaveALimit(t *testing.T) {
	t.Parallel()
	for what, how := range map[string]networktest.Misbehavior{"it says nothing": networktest.Hang, "it stops": networktest.Stop, "it drips": networktest.Drip(100 * time.Millisecond)} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, "version: 1\nimages:\n  app: {distribution: alpine, base: \"REGISTRY/lib/base:1\", exec: \"true\"}\n")
			s.registry.Break(ocitest.Fault{Method: http.MethodGet, Path: "/lib/base/manifests/", How: how})
			s.environ = append(s.environ, "STEMMA_TIMEOUTS=answer=1s stall=1s")
			begun := time.Now()
			s.prints(s.stemma(1, "build"), s.registry.Host+" sent next to nothing for 2s: check the network, or set stall in STEMMA_TIMEOUTS to more")
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// cancellations are the signals that cancel a command. With -short there is one, and TestBuildIsInterrupted sends the other.
func cancellations() map[string]os.Signal {
	signals := map[string]os.Signal{"by Ctrl-C": os.Interrupt, "by GitLab": syscall.SIGTERM}
	if testing.Short() {
		delete(signals, "by Ctrl-C")
	}
	return signals
}

// TestEveryCommandCanBeCancelled sends signals to every command while it waits for a server.
func TestEveryCommandCanBeCancelled(t *testing.T) {
	t.Parallel()
	for name := range sample.Of(silences, 5) {
		for what, signal := range cancellations() {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				command, out, _, reached := silence(t, name, "")
				select {
				case <-reached:
				case <-time.After(time.Minute):
					t.Errorf("it asks no server")
				}
				begun := time.Now()
				if err := command.Process.Signal(signal); err != nil {
					t.Fatalf("it has ended: %v:\n%s", err, out)
				}
				killed := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
				err := command.Wait()
				killed.Stop()
				if took := time.Since(begun); took > 20*time.Second { // a server has longer to answer
					t.Errorf("it took %s", took)
				}
				if err == nil || command.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "cancelled") {
					t.Errorf("it ended with %v:\n%s", err, out)
				}
			})
		}
	}
}
