package bump

import (
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
)

func TestChangesNameTheBranchAndTheCommit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		descriptions    []string
		branch, message string
	}{
		"one image":   {[]string{"base: 1.2 → 1.10"}, "base-1.2-1.10", "Bump base: 1.2 → 1.10"},
		"two images":  {[]string{"base: 1 → 2", "app: 3 → 4"}, "base-1-2", "Bump images\n\nbase: 1 → 2\napp: 3 → 4"},
		"a reference": {[]string{"quay.io/team/base: 1 → 2~rc"}, "quay.io-team-base-1-2-rc", "Bump quay.io/team/base: 1 → 2~rc"},
		"long names":  {[]string{strings.Repeat("a", 200) + ": 1 → 2"}, strings.Repeat("a", 80), "Bump " + strings.Repeat("a", 200) + ": 1 → 2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := changes{descriptions: test.descriptions}
			if got := c.slug(); got != test.branch {
				t.Errorf("got the branch %q, want %q", got, test.branch)
			}
			if got := c.message(); got != test.message {
				t.Errorf("got the message %q, want %q", got, test.message)
			}
		})
	}
}

const pinned = `version: 1
images:
  tools: {distribution: debian, base: "docker.io/library/debian:13.1", tag: "2026-11-19.0"}
  other: {distribution: debian, base: "docker.io/library/debian:13.1", tag: v1}
  twice: {distribution: debian, base: "docker.io/library/alpine:3", tag: v1}
  again: {distribution: debian, base: "docker.io/library/alpine:4", packages: [curl]}
`

func TestReadVersion(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, old, new string
		wantErr        string
	}{
		"tools":                               {"tools", "2026-11-19.0", "2027-01-15.0", ""},
		"tools=7":                             {"tools", "2026-11-19.0", "7", ""},
		"docker.io/library/debian=13.2":       {"docker.io/library/debian", "13.1", "13.2", ""},
		"docker.io/library/alpine:3=5":        {"docker.io/library/alpine", "3", "5", ""},
		"docker.io/library/alpine=5":          {wantErr: "docker.io/library/alpine is used with the tags 3 and 4: write docker.io/library/alpine:3=VERSION"},
		"other":                               {wantErr: "other: "},
		"again=1":                             {wantErr: "again: its tag follows from its content, so there is nothing to bump"},
		"tols=1":                              {wantErr: `no image and no parent is called "tols"; did you mean "tools"?`},
		"tools=not a tag":                     {wantErr: "tools: "},
		"registry.example.org:5000/gone=13.2": {wantErr: `no image and no parent is called "registry.example.org:5000/gone"`},
	}
	p := projecttest.New(t, pinned, "SOURCE_DATE_EPOCH=1800000000")
	for arg, test := range tests {
		t.Run(arg, func(t *testing.T) {
			t.Parallel()
			v, err := readVersion(p, arg)
			switch {
			case test.wantErr != "":
				if err == nil || !strings.HasPrefix(err.Error(), test.wantErr) {
					t.Errorf("got %v, want %q", err, test.wantErr)
				}
			case err != nil || v.name != test.name || v.old != test.old || v.new != test.new:
				t.Errorf("got %s: %s → %s, %v; want %s: %s → %s", v.name, v.old, v.new, err, test.name, test.old, test.new)
			}
		})
	}
}

func TestEditChangesTheDefinitionAndReferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const uses = "use: {image: \"$CI_REGISTRY_IMAGE/tools:2026-11-19.0\", script: ['echo 2026-11-19.0']}\n"
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": pinned, ".gitlab-ci.yml": uses})
	p := projecttest.Open(t, dir)
	v, err := readVersion(p, "tools=7")
	if err != nil {
		t.Fatal(err)
	}
	c := changes{files: map[string][]byte{}}
	if err := c.edit(p, []version{v}, false); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"stemma.yaml": strings.Replace(pinned, "2026-11-19.0", "7", 1), ".gitlab-ci.yml": strings.Replace(uses, "tools:2026-11-19.0", "tools:7", 1),
	} {
		if got := string(c.files[file]); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
	trial := changes{files: map[string][]byte{}}
	if err := trial.edit(p, []version{v}, true); err != nil || len(trial.files) > 0 {
		t.Errorf("got the changes %v, %v of a trial run without pins, want none", trial.files, err)
	}
}

func TestIdentified(t *testing.T) {
	t.Parallel()
	user := []string{"GITLAB_USER_NAME=Ann", "GITLAB_USER_EMAIL=ann@example.org"}
	tests := map[string]struct {
		environ []string
		want    bool
	}{
		"a job":                   {append(slices.Clone(user), "CI=true"), true},
		"a job with an author":    {append(slices.Clone(user), "CI=true", "GIT_AUTHOR_EMAIL=bob@example.org"), false},
		"a developer's machine":   {user, false},
		"a job of a nameless bot": {[]string{"CI=true"}, false},
	}
	for name, test := range tests {
		got := identified(test.environ, cli.Lookup(test.environ))
		if slices.Contains(got, "GIT_COMMITTER_EMAIL=ann@example.org") != test.want {
			t.Errorf("%s: got %v, want an author: %t", name, got, test.want)
		}
	}
}

// A pipeline pushes with its access token, which is in no argument.
func TestPushTo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    string
	}{
		"a developer's machine": {[]string{"GITLAB_TOKEN=s3cret", "CI_SERVER_URL=https://gitlab.example.org"}, "origin"},
		"a job":                 {[]string{"CI=true", "GITLAB_TOKEN=s3cret", "CI_SERVER_URL=https://gitlab.example.org", "CI_PROJECT_PATH=a/b"}, "https://gitlab.example.org/a/b.git"},
		"a job without a token": {[]string{"CI=true", "CI_SERVER_URL=https://gitlab.example.org", "CI_PROJECT_PATH=a/b"}, "origin"},
	}
	for name, test := range tests {
		b := bumping{Options: Options{Remote: "origin"}, environ: test.environ, getenv: cli.Lookup(test.environ)}
		remote, _ := b.pushTo()
		if remote != test.want {
			t.Errorf("%s: got the remote %s, want %s", name, remote, test.want)
		}
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  string
		yes     bool
		wantErr string
	}{
		"yes":            {"y\n", false, ""},
		"in capitals":    {" Y \n", false, ""},
		"no":             {"n\n", false, "nothing was pushed"},
		"nothing":        {"\n", false, "nothing was pushed"},
		"no terminal":    {"", false, "nobody answers: --yes pushes without asking, --dry-run prints the changes"},
		"with the --yes": {"", true, ""},
	}
	for name, test := range tests {
		var out strings.Builder
		b := bumping{Options: Options{Yes: test.yes}, std: cli.Streams{In: strings.NewReader(test.answer), Out: &out}}
		err := b.confirm("diff", "branch")
		if (err == nil) != (test.wantErr == "") || err != nil && err.Error() != test.wantErr {
			t.Errorf("%s: got %v, want %q", name, err, test.wantErr)
		}
	}
}
