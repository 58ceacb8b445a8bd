package citemplates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/citemplates"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

const header = "include: {project: freedesktop/ci-templates, file: [/templates/debian.yml]}\n"

// Whatever the file holds, there are findings, or files that compile.
func FuzzImport(f *testing.F) {
	f.Add("b: {extends: .fdo.container-build@debian, variables: {FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: $T, T: a, FDO_DISTRIBUTION_EXEC: 'sh x.sh $A'}, tags: [x], stage: s}\n" +
		"c: {extends: .fdo.container-build@debian, variables: {FDO_BASE_IMAGE: $CI_REGISTRY_IMAGE/debian/13:a, FDO_DISTRIBUTION_TAG: b, FDO_REPO_SUFFIX: A//..b/c/d}}")
	f.Add("b: {extends: [.fdo.container-build@alpine@aarch64], parallel: {matrix: [{A: [a, B, ü]}]}, variables: {FDO_DISTRIBUTION_TAG: x$A, FDO_USER: 'a b', FDO_UPSTREAM_REPO: a/b}, rules: [{when: manual}]}")
	f.Add("b: {extends: .fdo.container-build@debian, variables: {FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: t, FDO_BASE_IMAGE: $CI_REGISTRY/a/b/c/d:e, FDO_DISTRIBUTION_PLATFORM: linux/arm64, FDO_EXPIRES_AFTER: 3w}}")
	f.Add("b: {extends: .fdo.container-build@debian, variables: {FDO_DISTRIBUTION_TAG: t, FDO_REPO_SUFFIX: s, FDO_BASE_IMAGE: alpine, FDO_DISTRIBUTION_ENTRYPOINT: x, FDO_DISTRIBUTION_WORKINGDIR: /a}}")
	f.Fuzz(func(t *testing.T, content string) {
		tree := fstest.MapFS{".gitlab-ci.yml": {Data: []byte(header + content)}, "x.sh": {Data: []byte("echo $T")}}
		files, report, found, err := citemplates.Import(tree, ".gitlab-ci.yml", "")
		importertest.Check(t, tree, files, report, found, err)
	})
}

// A base is the image of another job, of another project, or any; and the text of the reference says which.
func TestBases(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"debian":            "base: docker.io/library/debian:latest",
		"arm32v7/debian:13": "base: docker.io/arm32v7/debian:13",
		"quay.io/a/b":       "base: quay.io/a/b:latest",
		"localhost:5000/a@sha256:" + strings.Repeat("0", 64): "base: localhost:5000/a@sha256:",
		"$CI_REGISTRY_IMAGE/parent:1":                        "base: parent\n",
		"${CI_REGISTRY_IMAGE}/parent:1":                      "base: parent\n",
		"$CI_REGISTRY/$CI_PROJECT_PATH/parent:1":             "base: parent\n",
		"$CI_REGISTRY/$FDO_UPSTREAM_REPO/parent:1":           "base: parent\n",
		"registry.example.org/group/project/parent:1":        "base: parent\n",
		"registry.example.org/group/project/parent:2":        "base: registry.example.org/group/project/parent:2",
		"$CI_REGISTRY_IMAGE/other:2":                         "project: Group/project\n      image: other\n      tag: \"2\"",
		"$CI_REGISTRY/a/b/c:1":                               "project: a/b\n      image: c\n",
		"$CI_REGISTRY/a/b/c/d/e:1":                           "project: a/b/c\n      image: d/e\n",
		"$CI_REGISTRY/a/b:1":                                 "its base \"a/b:1\" is not the image of a project",
		"$CI_REGISTRY_IMAGE/child:1":                         "it is built on itself",
		"$NOWHERE/x":                                         "holds what only a job knows: $NOWHERE",
		"Upper/case":                                         "is not a reference",
	}
	for written, want := range tests {
		t.Run(written, func(t *testing.T) {
			t.Parallel()
			content := header + "variables: {FDO_UPSTREAM_REPO: Group/project, FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: 1}\n" +
				"p: {extends: .fdo.container-build@debian, variables: {FDO_REPO_SUFFIX: parent}}\n" +
				"c: {extends: .fdo.container-build@debian, variables: {FDO_REPO_SUFFIX: child, FDO_BASE_IMAGE: '" + written + "'}}\n"
			tree := fstest.MapFS{".gitlab-ci.yml": {Data: []byte(content)}}
			files, report, found, err := citemplates.Import(tree, ".gitlab-ci.yml", "")
			if err != nil || len(found) > 0 {
				t.Fatal(err, found)
			}
			var said strings.Builder
			if err := report.Text(&said); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(files[0].Content)+said.String(), want) {
				t.Errorf("%s\n%s", files[0].Content, said.String())
			}
		})
	}
}

// A variable that only a job knows costs the image that needs it, and no other: what is built on that image stays on it.
func TestAnImageThatCannotBeReadCostsNoOther(t *testing.T) {
	t.Parallel()
	builds := "a: {extends: .fdo.container-build@debian, variables: {FDO_REPO_SUFFIX: base/a, FDO_DISTRIBUTION_PACKAGES: 'curl $MORE'}}\n" +
		"b: {extends: .fdo.container-build@debian, variables: {FDO_REPO_SUFFIX: b, FDO_BASE_IMAGE: '$CI_REGISTRY_IMAGE/base/a:1'}}\n" +
		"c: {extends: .fdo.container-build@debian, variables: {FDO_REPO_SUFFIX: c, FDO_BASE_IMAGE: '$CI_REGISTRY_IMAGE/b:1'}}\n"
	tests := map[string]struct {
		project string
		want    []string
	}{
		"Group/project": {"Group/project", []string{
			"a: no image is made of it: FDO_DISTRIBUTION_PACKAGES holds what only a job knows: $MORE",
			"base:\n      project: Group/project\n      image: base/a\n      tag: \"1\"", "base: b\n",
			"a stays a job of its own, which builds the base of b: let build:b need it, as `build:b: {needs: [a]}`",
		}},
		"": {"", []string{"no build job can become an image"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := header + "variables: {FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: 1}\n" + builds
			files, report, found, err := citemplates.Import(fstest.MapFS{".gitlab-ci.yml": {Data: []byte(content)}}, ".gitlab-ci.yml", test.project)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			for _, d := range found {
				said.WriteString(d.Message)
			}
			if report != nil {
				if err := report.Text(&said); err != nil {
					t.Fatal(err)
				}
				said.Write(files[0].Content)
			}
			for _, want := range test.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("%q is missing in\n%s", want, said.String())
				}
			}
		})
	}
}

// Every variable of the templates becomes something or is named.
func TestNoVariableIsLost(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"FDO_DISTRIBUTION_PACKAGES": "vim", "FDO_DISTRIBUTION_EXEC": "make it", "FDO_DISTRIBUTION_POST_EXEC": "tell", "FDO_DISTRIBUTION_ENTRYPOINT": "/entry",
		"FDO_DISTRIBUTION_WORKINGDIR": "/work", "FDO_DISTRIBUTION_PLATFORM": "linux/riscv64", "FDO_BASE_IMAGE": "quay.io/a/b:c", "FDO_REPO_SUFFIX": "suffix",
		"FDO_FORCE_REBUILD": "1", "FDO_EXPIRES_AFTER": "5d", "FDO_CACHE_DIR": "/x", "FDO_USER": "someone", "FDO_DISTRIBUTION_COMPRESSION_FORMAT": "zstd",
		"FDO_DISTRIBUTION_COMPRESSION_LEVEL": "3", "FDO_UPSTREAM_REPO": "group/project", "FDO_CBUILD": "https://example.org",
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := "b: {extends: .fdo.container-build@debian, variables: {FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: t, " + name + ": '" + value + "'}}"
			tree := fstest.MapFS{".gitlab-ci.yml": {Data: []byte(header + job)}}
			files, report, found, err := citemplates.Import(tree, ".gitlab-ci.yml", "")
			if err != nil || len(found) > 0 {
				t.Fatal(err, found)
			}
			var said strings.Builder
			if err := report.Text(&said); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(files[0].Content), value) && !strings.Contains(said.String(), name) {
				t.Errorf("nothing became of %s:\n%s%s", name, files[0].Content, said.String())
			}
		})
	}
}
