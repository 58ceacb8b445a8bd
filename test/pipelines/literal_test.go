package pipelines_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// hostile has FORM, a reference to a variable, wherever a definition takes free text.
const hostile = `version: 1
project: group/project
defaults:
  build: {env: {FROM_DEFAULTS: "FORM"}}
images:
  packaged:
    distribution: debian
    version: trixie
    packages: ["a:FORM"]
    exec: echo FORM
    env: {A: "FORM"}
    labels: {team: "FORM"}
    entrypoint: [echo, "FORM"]
    workdir: /FORM
    build: {env: {B: "FORM"}}
    tests: [{name: "FORM", run: "echo FORM"}]
    updates: {command: "echo FORM"}
    dependents: [{project: group/other, ref: main, variables: {C: "FORM"}}]
  path:
    distribution: debian
    version: trixie
    entrypoint: /FORM
  written:
    containerfile: "d/FORM/Containerfile"
    context: "d/FORM"
    contexts: {folder: "d/FORM"}
    watch: ["d/*/*"]
    args: {D: "FORM"}
    sources: [{project: group/source, path: "d/FORM/source"}]
`

func TestGitLabExpandsNoTextOfTheUser(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"$SECRET", "${SECRET}", "%SECRET%"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			source := strings.ReplaceAll(hostile, "FORM", form)
			if strings.HasPrefix(form, "$") { // which no package may have
				source = strings.Replace(source, `packages: ["a:`+form+`"]`, "packages: [curl]", 1)
			}
			files := fstest.MapFS{
				"stemma.yaml":                    {Data: []byte(source)},
				"d/" + form + "/Containerfile":   {Data: []byte("FROM scratch\nCOPY --from=folder / /\nARG D\n")},
				"d/" + form + "/another-file.sh": {Data: []byte("true\n")},
			}
			checkLiteral(t, files, form)
		})
	}
}

func checkLiteral(t *testing.T, files fstest.MapFS, form string) {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	for _, file := range result.Files {
		files[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	loaded, problems := config.Load(config.Source{File: definition.OutputFile, Project: &config.Project{Path: "group/project", Tree: files}})
	if loaded == nil {
		t.Fatal(problems)
	}
	holders := 0
	for _, job := range loaded.Jobs {
		expanded, err := slices.Concat(variable.List{{Name: "SECRET", Value: "s3cret"}}, job.Variables).Expanded()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range job.Variables {
			if strings.Contains(v.Value, form) {
				holders++
			}
			if strings.Contains(v.Value, form) && expanded[v.Name] != v.Value {
				t.Errorf("%s: GitLab makes %q of %s, which is %q", job.Name, expanded[v.Name], v.Name, v.Value)
			}
		}
	}
	if holders < 15 {
		t.Errorf("only %d variables hold text of the user", holders)
	}
}
