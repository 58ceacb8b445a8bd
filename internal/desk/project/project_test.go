package project_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
)

const threeImages = `version: 1
images:
  base: {distribution: alpine, version: "3.22"}
  lang/go: {base: base}
  lang/rust: {base: base}
`

func TestChoose(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, threeImages)
	tests := map[string]struct {
		patterns []string
		want     []string
		wantErr  string
	}{
		"no pattern":     {nil, []string{"base", "lang/go", "lang/rust"}, ""},
		"a name":         {[]string{"lang/go"}, []string{"lang/go"}, ""},
		"a glob":         {[]string{"lang/*"}, []string{"lang/go", "lang/rust"}, ""},
		"an overlap":     {[]string{"lang/*", "lang/go", "base"}, []string{"base", "lang/go", "lang/rust"}, ""},
		"a typing error": {[]string{"bsae"}, nil, `there is no image "bsae"; did you mean "base"?`},
		"a bad glob":     {[]string{"lang/["}, nil, `"lang/[" is not a pattern`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			indexes, err := p.Choose(test.patterns)
			var got []string
			for _, i := range indexes {
				got = append(got, p.Graph.Images[i].Name)
			}
			if !slices.Equal(got, test.want) || message(err) != test.wantErr {
				t.Errorf("got %v and %q, want %v and %q", got, message(err), test.want, test.wantErr)
			}
			if err != nil && !errors.As(err, new(cli.UsageError)) {
				t.Errorf("got %T, want a cli.UsageError", err)
			}
		})
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, threeImages)
	if i, err := p.Image("lang/go"); err != nil || p.Graph.Images[i].Name != "lang/go" {
		t.Errorf("got %d, %v, want the index of lang/go", i, err)
	}
	_, err := p.Image("lang/og")
	if want := `there is no image "lang/og"; did you mean "lang/go"?`; message(err) != want {
		t.Errorf("got %q, want %q", message(err), want)
	}
}

func TestNowIsTheSourceDateEpoch(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, threeImages, "SOURCE_DATE_EPOCH=1800000000")
	if got := p.Now().Unix(); got != 1800000000 {
		t.Errorf("got %d, want 1800000000", got)
	}
}

// Files that stemma did not write stay.
func TestWriteMakesTheOutputCurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": threeImages, ".gitlab/own.gitlab-ci.yml": "mine: {script: [true]}\n"})
	if got, want := write(t, dir), []string{"wrote .gitlab/stemma.gitlab-ci.yml"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := write(t, dir); len(got) != 0 {
		t.Errorf("got %v from a second run, want nothing", got)
	}
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": strings.Replace(threeImages, "3.22", "3.21", 1)})
	p := projecttest.Open(t, dir)
	p.Compare(true)
	if !p.Found.HasErrors() {
		t.Errorf("got the findings %v for outdated output, want an error", p.Found)
	}
	if content, err := os.ReadFile(filepath.Join(dir, ".gitlab/own.gitlab-ci.yml")); err != nil || string(content) != "mine: {script: [true]}\n" {
		t.Errorf("got %q, %v for a file of the user, want it unchanged", content, err)
	}
}

// write compiles a project and returns the changes in words.
func write(t *testing.T, dir string) []string {
	t.Helper()
	p, err := project.OpenToWrite(t.Context(), dir, projecttest.Environ())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Compare(false)
	changes, err := p.Write()
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, change := range changes {
		words = append(words, change.String())
	}
	return words
}

func TestPrint(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, "version: 1\nimages: {base: {distribution: alpine, pakages: [curl]}}\n")
	for format, want := range map[string]struct{ out, err string }{
		"text":        {"", "stemma.yaml:2:39: error[unknown-key]"},
		"json":        {`"code": "unknown-key"`, ""},
		"codequality": {`"check_name": "unknown-key"`, ""},
	} {
		var out, errors bytes.Buffer
		if err := p.Print(cli.Streams{Out: &out, Err: &errors}, format); err != cli.ErrFindings { //nolint:errorlint // it is returned as it is
			t.Errorf("%s: got the error %v, want %v", format, err, cli.ErrFindings)
		}
		if !contains(out.String(), want.out) || !contains(errors.String(), want.err) {
			t.Errorf("%s: got %q and %q, want %q and %q in them", format, out.String(), errors.String(), want.out, want.err)
		}
	}
}

// contains reports whether a text has a part, or is empty if the part is.
func contains(text, part string) bool {
	return part != "" && strings.Contains(text, part) || text == part
}

func TestReportUntracked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{
		"stemma.yaml": "version: 1\nimages: {site: {containerfile: site/Containerfile}, gone: {containerfile: tracked}}\n",
		"tracked":     "FROM scratch\n", ".gitignore": ".gitlab/\n",
		"stemma.lock": "modules:\n  \"corp.example/images@v1.0.0\": \"" + lock.HashOf(nil) + "\"\n",
	})
	projecttest.Commit(t, dir)
	projecttest.Write(t, dir, map[string]string{"site/Containerfile": "FROM scratch\n", ".gitlab/stemma.gitlab-ci.yml": "", ".stemma/modules/corp.example/images@v1.0.0.zip": ""})
	p := projecttest.Open(t, dir)
	p.Found = nil
	if err := p.ReportUntracked(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]diagnostic.Severity{
		"git does not have site/Containerfile":                                       diagnostic.Error,
		"git does not have .stemma/modules/corp.example/images@v1.0.0.zip":           diagnostic.Error,
		"git ignores .gitlab/stemma.gitlab-ci.yml, so the pipeline will not have it": diagnostic.Error,
	}
	if len(p.Found) != len(want) {
		t.Errorf("got %d findings, want %d: %v", len(p.Found), len(want), p.Found)
	}
	for _, found := range p.Found {
		if severity, ok := want[found.Message]; !ok || severity != found.Severity {
			t.Errorf("got the finding %q of severity %v, want %v", found.Message, found.Severity, want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
