package workstation

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/schema"
)

const empty = "version: 1\nimages: {}\n"

func TestSuffixOfSnapshots(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options Options
		environ []string
		want    string
		wantErr string
	}{
		"none":                 {want: ""},
		"nightly":              {options: Options{Nightly: true}, want: "-20270115"},
		"snapshot":             {options: Options{Snapshot: true}, want: "-20270115-080000"},
		"the environment":      {environ: []string{schema.VarSnapshot + "=nightly"}, want: "-20270115"},
		"the flag is stronger": {options: Options{Snapshot: true}, environ: []string{schema.VarSnapshot + "=nightly"}, want: "-20270115-080000"},
		"both":                 {options: Options{Nightly: true, Snapshot: true}, wantErr: "--nightly and --snapshot exclude each other"},
		"an unknown kind":      {environ: []string{schema.VarSnapshot + "=weekly"}, wantErr: "weekly"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := workplace{project: projecttest.New(t, empty, append(test.environ, "SOURCE_DATE_EPOCH=1800000000")...), options: test.options}
			variables, err := w.addSuffix()
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) || !errors.As(err, new(cli.UsageError)) {
					t.Errorf("got %v, want %q as wrong usage", err, test.wantErr)
				}
				return
			}
			if err != nil || w.target.TagSuffix != test.want {
				t.Errorf("got the suffix %q, %v; want %q", w.target.TagSuffix, err, test.want)
			}
			if (variables[schema.VarSnapshot] != "") != (test.want != "") {
				t.Errorf("got the variables %v with the suffix %q, want both or neither", variables, test.want)
			}
		})
	}
}

// Two projects whose folders have the same name have different caches.
func TestCacheFolder(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, empty, "HOME=/home/ann")
	first, err := cacheFolder(p)
	if want := "/home/ann/.cache/stemma/" + filepath.Base(p.Dir) + "-"; err != nil || !strings.HasPrefix(first, want) {
		t.Errorf("got %s, %v; want %s…", first, err, want)
	}
	p.Dir = filepath.Join(filepath.Dir(p.Dir), "other", filepath.Base(p.Dir))
	if second, err := cacheFolder(p); err != nil || second == first {
		t.Errorf("got %s, %v for another folder; want another cache", second, err)
	}
	if got, err := cacheFolder(projecttest.New(t, empty, "HOME=/home/ann", "XDG_CACHE_HOME=/cache")); err != nil || !strings.HasPrefix(got, "/cache/stemma/") {
		t.Errorf("got %s, %v; want a folder in /cache", got, err)
	}
	if _, err := cacheFolder(projecttest.New(t, empty)); !errors.As(err, new(cli.UsageError)) {
		t.Errorf("got %v without HOME, want wrong usage", err)
	}
}

func TestIsReleased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Commit(t, dir)
	p := projecttest.New(t, empty)
	p.Dir = dir
	for _, step := range []struct {
		git  []string
		want bool
		why  string
	}{
		{[]string{"checkout", "--quiet", "main"}, true, ""},
		{[]string{"checkout", "--quiet", "-b", "feature"}, false, "the branch is feature, and images are released from main or master"},
		{[]string{"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/feature"}, true, ""},
		{[]string{"checkout", "--quiet", "main"}, false, "the branch is main, and images are released from feature"},
		{[]string{"checkout", "--quiet", "--detach"}, false, "no branch is checked out"},
	} {
		projecttest.Git(t, dir, step.git...)
		got, why := isReleased(t.Context(), p.Repository())
		if got != step.want || !got && why != step.why {
			t.Errorf("after git %v: got %t, %q; want %t, %q", step.git, got, why, step.want, step.why)
		}
	}
}

// Tags in the compiled files of any branch or git tag are in use; those in other files are not.
func TestCommittedTags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := projecttest.New(t, empty)
	p.Dir = dir
	if got, err := committedTags(t.Context(), p.Repository()); err != nil || got != nil {
		t.Errorf("got %v, %v without git; want neither", got, err)
	}
	projecttest.Commit(t, dir)
	if got, err := committedTags(t.Context(), p.Repository()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v of an empty commit; want neither", got, err)
	}
	for branch, tag := range map[string]string{"one": strings.Repeat("1", 16), "two": strings.Repeat("2", 16)} {
		projecttest.Git(t, dir, "checkout", "--quiet", "-b", branch, "main")
		line := "    " + schema.VarDistributionTag + `: "` + tag + "\"\n"
		projecttest.Write(t, dir, map[string]string{"out.yml": line, "notes.md": strings.ReplaceAll(line, tag, strings.Repeat("3", 16))})
		projecttest.Commit(t, dir)
	}
	projecttest.Git(t, dir, "checkout", "--quiet", "main")
	projecttest.Git(t, dir, "tag", "v1", "one")
	projecttest.Git(t, dir, "branch", "--quiet", "-D", "one")
	got, err := committedTags(t.Context(), p.Repository())
	if want := []string{strings.Repeat("1", 16), strings.Repeat("2", 16)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

// Logs are removed by the time in their folder's name. Folders with other names stay.
func TestDropLogs(t *testing.T) {
	t.Parallel()
	w := workplace{project: projecttest.New(t, empty, "SOURCE_DATE_EPOCH=1800000000"), cache: t.TempDir()}
	if err := w.dropLogs(time.Hour); err != nil {
		t.Errorf("got %v without logs, want nil", err)
	}
	for name, stays := range map[string]bool{"20270115-063000": false, "20270115-073000": true, "notes": true} {
		folder := filepath.Join(w.cache, "logs", name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := w.dropLogs(time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(folder); (err == nil) != stays {
			t.Errorf("%s: got %v, want it to stay: %t", name, err, stays)
		}
	}
}

func TestPrintRemoved(t *testing.T) {
	t.Parallel()
	removed := []local.Removed{{Reference: "localhost/a:1"}, {Reference: "localhost/b:1", Error: "in use"}}
	tests := map[string]struct {
		removed []local.Removed
		dryRun  bool
		want    string
		wantErr error
	}{
		"removed": {removed[:1], false, "removed localhost/a:1\nFreed 1.5 MB.\n", nil},
		"dry run": {removed[:1], true, "would remove localhost/a:1\n", nil},
		"failed":  {removed, false, "removed localhost/a:1\nlocalhost/b:1 stays: in use\nFreed 1.5 MB.\n", cli.ErrFindings},
	}
	for name, test := range tests {
		var out strings.Builder
		err := printRemoved(PruneOptions{Options: Options{Std: cli.Streams{Out: &out}}, DryRun: test.dryRun}, test.removed, 1_500_000)
		if out.String() != test.want || !errors.Is(err, test.wantErr) {
			t.Errorf("%s: got %q, %v; want %q, %v", name, out.String(), err, test.want, test.wantErr)
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	good := local.Result{Image: "a", State: local.IsHere}
	logged := local.Result{Image: "b", State: local.HasFailed, Error: "no space", Log: "/logs/b.log"}
	o := Outcome{Results: []local.Result{good}, Logs: "/logs"}
	if o.IsBad() || strings.Contains(o.Text(), "Logs are in") {
		t.Errorf("got bad: %t, %q for an image without a log; want neither", o.IsBad(), o.Text())
	}
	o.Results = append(o.Results, logged)
	if !o.IsBad() || !strings.HasSuffix(o.Text(), "Logs are in /logs.\n") {
		t.Errorf("got bad: %t, %q for a failed image; want both", o.IsBad(), o.Text())
	}
}
