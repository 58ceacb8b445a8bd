package jobcmd_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// outputs are the files that each job command leaves for GitLab, and what they hold where there is nothing to say.
var outputs = map[string]map[string]string{
	"build":        {schema.DotenvFile: ""},
	"verify":       {schema.JUnitFile: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<testsuite name="" tests="0" failures="0"></testsuite>` + "\n"},
	"release":      {schema.ReleaseFile: "{\n  \"pipeline\": \"7\",\n  \"tags\": []\n}\n"},
	"poke":         {schema.AnnotationsFile: "{}\n"},
	"update-check": {schema.UpdatesFile: "{\n  \"images\": []\n}\n", schema.UpdatesPage: "| image | verdict | what is new |\n|---|---|---|\n"},
}

func run(s *jobtest.PokeScene, command string) error {
	s.Helper()
	env := s.Env()
	switch command {
	case "build":
		return build.Run(s.Context(), env.Build())
	case "verify":
		env.Builder = func(context.Context) (build.Builder, error) { return nil, context.Canceled }
		return verify.Run(s.Context(), env.Verify())
	case "release":
		return release.Run(s.Context(), env.Release())
	case "poke":
		return poke.Run(s.Context(), env.Poke())
	case "update-check":
		env.Tasks = func(context.Context) (update.TaskRunner, error) { return nil, context.Canceled }
		return update.Run(s.Context(), env.Update())
	}
	s.Fatalf("there is no command %s", command)
	return nil
}

// A file that is missing is an error in a job's log, and one of an earlier pipeline, in a folder that the runner kept, is worse.
func TestJobsThatEndEarlyLeaveEmptyFiles(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*jobtest.PokeScene){
		"wrong variables": func(s *jobtest.PokeScene) {
			for _, variable := range []string{schema.VarDistributionTag, schema.VarDependents, schema.VarUpdates} {
				s.Vars[variable] = ""
			}
		},
		"a registry that fails": func(s *jobtest.PokeScene) {
			s.Vars[schema.VarUpdates] = "{"
			s.Registry.Break(ocitest.Fault{Status: 503})
		},
		"a test that cannot run": func(s *jobtest.PokeScene) {
			s.Vars["STEMMA_DIGEST_RUST"], s.Vars[schema.VarTest] = s.Digest("group/project/rust:"+jobtest.ContentTag), "true"
			s.Vars[schema.VarUpdates] = `[{"image":"rust","places":[{"reference":"rust:` + jobtest.ContentTag + `"}],"command":"true"}]`
			s.Vars["CI_MERGE_REQUEST_IID"] = "1"
			s.Builder.Err, s.Vars[schema.VarForceRebuild] = os.ErrInvalid, "1"
		},
	}
	for end, prepare := range ends {
		for command, files := range outputs {
			t.Run(command+" ends with "+end, func(t *testing.T) {
				t.Parallel()
				s := jobtest.NewPoke(t)
				prepare(s)
				leave(s, files, "of another pipeline")
				_ = run(s, command)
				holds(s, files)
			})
		}
	}
}

func TestTrialsLeaveEmptyFiles(t *testing.T) {
	t.Parallel()
	for _, trial := range []string{schema.VarTrialRebuild, schema.VarSnapshot} {
		for _, command := range []string{"release", "poke", "update-check"} {
			t.Run(command+" with "+trial, func(t *testing.T) {
				t.Parallel()
				s := jobtest.NewPoke(t)
				s.Vars[trial] = "nightly"
				leave(s, outputs[command], "of another pipeline")
				jobtest.Check(t, run(s, command))
				holds(s, outputs[command])
			})
		}
	}
}

// leave writes files that are in the folder before the job begins.
func leave(s *jobtest.PokeScene, files map[string]string, content string) {
	s.Helper()
	for name := range files {
		jobtest.Check(s.T, os.WriteFile(filepath.Join(s.Dir, name), []byte(content), 0o644))
	}
}

// holds compares the files in the folder.
func holds(s *jobtest.PokeScene, files map[string]string) {
	s.Helper()
	got := map[string]string{}
	for name := range files {
		content, err := os.ReadFile(filepath.Join(s.Dir, name))
		jobtest.Check(s.T, err)
		got[name] = string(content)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		s.Errorf("(-want +got)\n%s\n%s", diff, s.Log.String())
	}
}
