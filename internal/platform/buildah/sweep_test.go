package buildah

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// containersOf are as `buildah containers --json` prints them: containers of runs, and of other programs.
const containersOf = `[
	{"id": "dead", "containername": "stemma-run-buildah-1-1"},
	{"id": "dead-too", "containername": "stemma-run-buildah-2-17"},
	{"id": "living", "containername": "stemma-run-buildah-12-1"},
	{"id": "dead-step", "containername": "alpine-working-container"},
	{"id": "living-step", "containername": "alpine-working-container-1"},
	{"id": "of-somebody", "containername": "alpine-working-container-2"},
	{"id": "undescribed", "containername": "alpine-working-container-3"},
	{"id": "unreadable", "containername": "alpine-working-container-4"}
]`

// storeContainers lets buildah have containersOf. Those of the steps of a Containerfile have the run in their descriptions only.
func (f *fakeBuildah) storeContainers() {
	f.Helper()
	f.write("answer-containers", containersOf)
	f.write("answer-info", f.folder)
	for id, description := range map[string]string{
		"dead-step": `{"Secrets":["id=stemma-run-buildah-1,src=/dev/null","id=token,src=/proc/7/fd/9"]}`, "living-step": `{"Secrets":["id=stemma-run-buildah-12,src=/dev/null"]}`,
		"of-somebody": `{"Secrets":["id=stemma-run,src=/dev/null"]}`, "unreadable": "",
	} {
		folder := filepath.Join(f.folder, "overlay-containers", id, "userdata")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			f.Fatal(err)
		}
		if description == "" { // a folder cannot be read as a file
			if err := os.Mkdir(filepath.Join(folder, "buildah.json"), 0o700); err != nil {
				f.Fatal(err)
			}
			continue
		}
		f.write(filepath.Join("overlay-containers", id, "userdata", "buildah.json"), description)
	}
}

func TestSweepRemovesContainersOfDeadRuns(t *testing.T) {
	f := newFakeBuildah(t)
	f.storeContainers()
	var log bytes.Buffer
	if err := f.WithLog(&log, nil).Sweep(t.Context(), []string{"stemma-run-buildah-1", "stemma-run-buildah-2"}); err != nil {
		t.Fatal(err)
	}
	if got := f.said(); !strings.HasSuffix(got, " rm dead dead-too dead-step") {
		t.Errorf("buildah %s", got)
	}
	if log.String() != "Removed 3 containers of runs that were killed.\n" {
		t.Errorf("the log says %q", &log)
	}
}

func TestSweepWithoutContainers(t *testing.T) {
	for _, answer := range []string{"null", "[]", `[{"id": "of-somebody", "containername": "alpine-working-container"}]`} {
		f := newFakeBuildah(t)
		f.write("answer-containers", answer)
		if err := f.Sweep(t.Context(), []string{"stemma-run-buildah-1"}); err != nil {
			t.Errorf("%s: %v", answer, err)
		}
		if slices.Contains(f.arguments(), "rm") {
			t.Errorf("%s: buildah %s", answer, f.said())
		}
	}
}

func TestSweepSaysWhatFailed(t *testing.T) {
	for command, want := range map[string]string{
		"containers": "find what runs that were killed have left: ", "info": "find what runs that were killed have left: ", "rm": "remove what runs that were killed have left: ",
	} {
		f := newFakeBuildah(t)
		f.storeContainers()
		f.write("fail-"+command, cannot)
		if err := f.Sweep(t.Context(), []string{"stemma-run-buildah-1"}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", command, err)
		}
	}
	f := newFakeBuildah(t)
	f.write("answer-containers", "{")
	if err := f.Sweep(t.Context(), []string{"stemma-run-buildah-1"}); err == nil {
		t.Error("an answer that is no list is taken for an empty one")
	}
}

// deadFolder makes a folder of a run that was killed, with a file.
func deadFolder(t *testing.T, what string) *scratch.Folder {
	t.Helper()
	folder, err := scratch.New(what)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder.Path, "auth.json"), []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// contains reports whether there is a file in a folder.
func contains(folder *scratch.Folder, file string) bool {
	_, err := os.Stat(filepath.Join(folder.Path, file))
	return err == nil
}

func TestSweepDead(t *testing.T) {
	tests := map[string]struct {
		// broken is the command of buildah that fails; missing says that there is no buildah at all.
		broken  string
		missing bool
		// want is what is left of the builder's folder: nothing, or an empty one for the next run.
		want string
	}{
		"all is removed": {want: "nothing"},
		"containers stay, so the folder stays without secrets":  {broken: "rm", want: "an empty folder"},
		"nobody knows whether there are containers":             {broken: "containers", want: "an empty folder"},
		"without buildah the folder stays without secrets, too": {missing: true, want: "an empty folder"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			f := newFakeBuildah(t)
			living, err := scratch.New(Scratch)
			if err != nil {
				t.Fatal(err)
			}
			defer living.Close()
			builder, work := deadFolder(t, Scratch), deadFolder(t, "build")
			f.write("answer-info", f.folder)
			f.write("answer-containers", `[{"id": "living", "containername": "`+living.Name()+`-1"}, {"id": "dead", "containername": "`+builder.Name()+`-1"}]`)
			if test.broken != "" {
				f.write("fail-"+test.broken, cannot)
			}
			err = SweepDead(t.Context(), scratch.Dead(""), func(context.Context) (*Builder, error) {
				if test.missing {
					return nil, errors.New("buildah is not installed")
				}
				return f.Builder, nil
			})
			if (err == nil) != (test.want == "nothing") {
				t.Error(err)
			}
			left := "nothing"
			if contains(builder, ".") {
				left = "an empty folder"
			}
			if contains(builder, "auth.json") {
				left = "a secret"
			}
			if left != test.want {
				t.Errorf("of the builder's folder %s is left, want %s", left, test.want)
			}
			if contains(work, ".") || !contains(living, ".") {
				t.Errorf("the dead folder without containers is there: %t; the living one: %t", contains(work, "."), contains(living, "."))
			}
			if again := scratch.Dead(Scratch); (len(again) == 1) != (test.want != "nothing") {
				t.Errorf("the next run finds %d folders", len(again))
			}
			if got := f.said(); test.want == "nothing" && !strings.HasSuffix(got, " rm dead") {
				t.Errorf("buildah %s", got)
			}
		})
	}
}

// said are the arguments of all commands in one line; empty where buildah was not run.
func (f *fakeBuildah) said() string {
	f.Helper()
	if _, err := os.Stat(filepath.Join(f.folder, "arguments")); err != nil {
		return ""
	}
	return strings.Join(f.arguments(), " ")
}

// Most jobs need no buildah: where no builder was killed, none is made.
func TestSweepDeadMakesABuilderOnlyForBuilders(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	work := deadFolder(t, "build")
	err := SweepDead(t.Context(), scratch.Dead(""), func(context.Context) (*Builder, error) {
		t.Error("a builder is made")
		return nil, errors.New("buildah is not installed")
	})
	if err != nil || contains(work, ".") {
		t.Errorf("%v; the folder is there: %t", err, contains(work, "."))
	}
}
