package zuul_test

import (
	"fmt"
	"strings"
	"testing"
)

// A FROM that names what another image of the tree is released as is a parent, as it is written or by an argument.
func TestReleasedImagesAreParents(t *testing.T) {
	t.Parallel()
	with := func(file, attributes, entry string) tree {
		return tree{"base/Dockerfile": "FROM scratch\n", "Dockerfile": file, "zuul.yaml": `
- job: {name: upload-base, parent: upload-docker-image, provides: bases, vars: &base {docker_images: [{context: base, repository: acme/base, tags: [latest, "3"]}]}}
- job: {name: promote-base, parent: promote-docker-image, vars: *base}
- job: {name: build-app, parent: build-docker-image, ` + attributes + `vars: {docker_images: [{context: ., repository: acme/app, tags: []` + entry + `}]}}
- project: {check: {jobs: [upload-base, promote-base, build-app]}}
`}
	}
	image := func(lines string) string {
		return "  app:\n    containerfile: Dockerfile\n" + lines + "    release: []\n" +
			"  base:\n    containerfile: base/Dockerfile\n    release:\n      - repository: docker.io/acme/base\n        tags: [latest, \"3\"]\n"
	}
	parents := func(names ...string) string {
		return "    parents:\n      " + strings.Join(names, ": base\n      ") + ": base\n"
	}
	check(t, []conversion{
		{"as it is written", with("FROM acme/base\n", "", ""), image(parents("acme/base")), ""},
		{"with its registry", with("FROM docker.io/acme/base:3\n", "", ""), image(parents("docker.io/acme/base:3")), ""},
		{"by the default of an argument", with("ARG B=acme/base:3\nFROM ${B}\n", "", ""), image(parents("acme/base:3")), ""},
		{"by a part of a build argument", with("ARG V\nFROM acme/base:${V}\n", "", ", build_args: [V=3]"), image("    args:\n      V: \"3\"\n" + parents("acme/base:3")), ""},
		{"of a stage, and as a source of files", with("FROM acme/base AS b\nFROM scratch\nCOPY --from=b /a /a\nCOPY --from=acme/base:3 /b /b\n", "", ""), image(parents("acme/base", "acme/base:3")), ""},
		{"of another stage than the target", with("FROM acme/base AS b\nFROM scratch AS c\n", "", ", target: c"), image("    target: c\n"), ""},
		{"with another tag", with("FROM acme/base:4\n", "", ""), image(""), "Dockerfile:1: acme/base:4: no image of this tree is released with this tag, so it stays one of the registry\n"},
		{"by a digest", with("FROM acme/base@sha256:"+strings.Repeat("a", 64)+"\n", "", ""), image(""), "Dockerfile:1: acme/base@sha256:" + strings.Repeat("a", 64) + ": no image of this tree is released with this tag, so it stays one of the registry\n"},
		{"of another registry", with("FROM quay.io/acme/base\n", "", ""), image(""), ""},
		{"required and used", with("FROM acme/base\n", "requires: [bases], dependencies: [{name: upload-base, soft: true}], ", ""), image(parents("acme/base")), ""},
		{
			"required and not used", with("FROM scratch\n", "requires: bases, dependencies: upload-base, ", ""), image("    after: [base]\n"),
			"zuul.yaml:4: bases: app requires it: it is built after its images, but not from any of them, and a change of these is none of it\n" +
				"zuul.yaml:4: upload-base: images are built after those of this job, but not from any of them, and a change of these is none of theirs\n",
		},
		{
			"required of another project", with("FROM quay.io/other/base\n", "requires: others, ", ""), image(""),
			"zuul.yaml:4: others: another project provides it, and app keeps the reference of its FROM: it follows a rebuild when that project names this one in `dependents`, or with `updates: {base: poll}`\n",
		},
		{
			"dependencies that are added and replaced", with("FROM scratch\n", "dependencies: [lint], ", ""), image(""),
			"zuul.yaml:4: lint: this job builds no image: images wait for other images alone\n",
		},
	})
}

func TestImagesThatWaitForEachOther(t *testing.T) {
	t.Parallel()
	with := func(base, onBase, onApp string) tree {
		return tree{"base/Dockerfile": base, "Dockerfile": "FROM scratch\n", "zuul.yaml": `
- job: {name: upload-base, provides: bases, ` + onBase + `vars: {docker_images: [{context: base, repository: acme/base, tags: []}]}}
- job: {name: upload-app, provides: apps, ` + onApp + `vars: {docker_images: [{context: ., repository: acme/app, tags: [latest]}]}}
- project: {check: {jobs: [upload-base, upload-app]}}
`}
	}
	image := func(name, file, lines, release string) string {
		return "  " + name + ":\n    containerfile: " + file + "\n" + lines + "    release:" + release + "\n"
	}
	app := func(lines string) string {
		return image("app", "Dockerfile", lines, "\n      - repository: docker.io/acme/app\n        tags: [latest]")
	}
	const promotes = "zuul.yaml:2: base: no job of this tree promotes it; it is released all the same, from the default branch\n" +
		"zuul.yaml:3: app: no job of this tree promotes it; it is released all the same, from the default branch\n"
	check(t, []conversion{
		{
			"by a FROM", with("FROM acme/app\n", "", "requires: bases, dependencies: [upload-base], "),
			app("") + image("base", "base/Dockerfile", "    parents:\n      acme/app: app\n", " []"),
			"zuul.yaml:3: bases: app requires it, but does not wait for it: an image of it waits in turn\n" +
				"zuul.yaml:3: upload-base: images do not wait for this job: an image of it waits in turn\n" + promotes,
		},
		{
			"by their jobs", with("FROM scratch\n", "dependencies: [upload-app], ", "requires: bases, "),
			app("") + image("base", "base/Dockerfile", "    after: [app]\n", " []"),
			"zuul.yaml:3: bases: app requires it, but does not wait for it: an image of it waits in turn\n" +
				"zuul.yaml:2: upload-app: images are built after those of this job, but not from any of them, and a change of these is none of theirs\n" + promotes,
		},
	})
}

func TestImagesWaitForNoMoreThanGitLabAllows(t *testing.T) {
	t.Parallel()
	with := func(n int) tree {
		many := make([]string, n)
		for i := range many {
			many[i] = fmt.Sprintf("{context: ., repository: acme/many%d, tags: []}", i)
		}
		return tree{"Dockerfile": "FROM scratch\n", "zuul.yaml": `
- job: {name: build-many, vars: {docker_images: [` + strings.Join(many, ", ") + `]}}
- job: {name: build-app, dependencies: [build-many], vars: {docker_images: [{context: ., repository: acme/app, tags: []}]}}
- project: {check: {jobs: [build-many, build-app]}}
`}
	}
	for n, kept := range map[int]bool{50: true, 51: false} {
		_, report, _ := run(t, with(n))
		if strings.Contains(report, "images are built after those of this job") != kept || strings.Contains(report, "on GitLab a job waits for at most 50 others") == kept {
			t.Errorf("%d images:\n%s", n, report)
		}
	}
}

func TestSiblingsAreSources(t *testing.T) {
	t.Parallel()
	with := func(attributes string) tree {
		return tree{"Dockerfile": "FROM scratch\nARG ZUUL_SIBLINGS\n", "zuul.yaml": "- job: {name: build-it, " + attributes + `vars: {docker_images: [{context: ., repository: acme/x, tags: [], siblings: [opendev.org/opendev/bindep, github.com/acme/lib]}]}}
- project: {check: {jobs: [build-it]}}
`}
	}
	image := func(refs ...string) string {
		for i, ref := range refs {
			if ref != "" {
				refs[i] = "        ref: " + ref + "\n"
			}
		}
		return `  x:
    containerfile: Dockerfile
    args:
      ZUUL_SIBLINGS: opendev.org/opendev/bindep github.com/acme/lib
    sources:
      - url: https://opendev.org/opendev/bindep
` + refs[0] + `        path: .zuul-siblings/opendev.org/opendev/bindep
      - url: https://github.com/acme/lib
` + refs[1] + `        path: .zuul-siblings/github.com/acme/lib
    release: []
`
	}
	const branch = ": Zuul takes the branch that is called as the change's, or else the project's default; here it is the default\n"
	check(t, []conversion{
		{"with their branches", with("required-projects: [{name: opendev/bindep, override-checkout: '2.0'}, {name: acme/lib, override-checkout: stable/1}], "), image(`"2.0"`, "stable/1"), ""},
		{"of the job's branch", with("override-checkout: next, required-projects: [opendev/bindep, {name: github.com/acme/lib, override-checkout: main}], "), image("next", "main"), ""},
		{"of any branch", with("required-projects: [opendev/bindep, acme/lib], "), image("", ""), "zuul.yaml:1: opendev.org/opendev/bindep" + branch + "zuul.yaml:1: github.com/acme/lib" + branch},
		{
			"that are not required", with("override-checkout: main, "), image("main", "main"),
			"zuul.yaml:1: opendev.org/opendev/bindep: it is not among the required-projects of this tree\nzuul.yaml:1: github.com/acme/lib: it is not among the required-projects of this tree\n",
		},
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	with := func(entries ...string) tree {
		return tree{"zuul.yaml": pipelines("container", "[{context: ., "+strings.Join(entries, "}, {context: ., ")+"}]"), "Dockerfile": "FROM scratch AS a\nFROM scratch AS b\n"}
	}
	named := func(names ...string) string {
		return "  " + strings.Join(names, "\n  ") + "\n"
	}
	for _, c := range []struct {
		name, want string
		tree       tree
	}{
		{"of the repository", named("web:"), with("repository: quay.io/acme/web")},
		{"of two repositories", named("acme/web:", "other/web:"), with("repository: quay.io/acme/web, target: a", "repository: quay.io/other/web, target: b")},
		{"of one repository with several images", named("web-1.0:", "web-2.0:"), with("repository: quay.io/acme/web, target: a, tags: ['1.0', '1']", "repository: quay.io/acme/web, target: b, tags: ['2.0']")},
		{"of a tag that is no name", named("web-rc-a:", "web-v1-2:"), with("repository: quay.io/acme/web, target: a, tags: [RC__A]", "repository: quay.io/acme/web, target: b, tags: [V1-.2]")},
		{"that YAML reads as another thing", named(`"on":`), with("repository: quay.io/acme/on")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images, _, errors := run(t, c.tree)
			var names strings.Builder
			for line := range strings.Lines(images) {
				if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") {
					names.WriteString(line)
				}
			}
			if names.String() != c.want {
				t.Errorf("the names are\n%s%s", names.String(), errors)
			}
		})
	}
}
