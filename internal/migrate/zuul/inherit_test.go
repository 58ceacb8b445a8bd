package zuul_test

import (
	"strings"
	"testing"
)

// The variables of a job are its parents', joined key by key, and what is no map is replaced.
func TestVariablesAreInherited(t *testing.T) {
	t.Parallel()
	list := "docker_images: [{context: ., tags: [], repository: acme/x, build_args: ['A={{ a }}', 'B={{ b.c }}-{{ b.d }}']}]"
	file := "FROM scratch\nARG A\nARG B\n"
	image := func(a, b string) string {
		return "  x:\n    containerfile: Dockerfile\n    args:\n      A: " + a + "\n      B: " + b + "\n    release: []\n"
	}
	base := "- job: {name: base-job, parent: build-docker-image, abstract: true, vars: {a: parent, b: {c: 1, d: {e: 2}}, " + list + "}}\n"
	const cut = "zuul.yaml:1: build_args: Zuul cuts the value at its blanks, which breaks the build; here it is whole\n"
	check(t, []conversion{
		{"as the parent has it", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job}\n- project: {check: {jobs: [build-it]}}\n"}, image("parent", `'1-{''e'': 2}'`), cut},
		{"the child's counts", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job, vars: {a: child, b: {d: {f: 3}}}}\n- project: {check: {jobs: [build-it]}}\n"}, image("child", `'1-{''e'': 2, ''f'': 3}'`), cut},
		{"a map that replaces", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job, vars: {b: !override {c: 4, d: 5}}}\n- project: {check: {jobs: [build-it]}}\n"}, image("parent", "4-5"), ""},
		{"a second definition", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job, vars: {a: first}}\n- job: {name: build-it, vars: {a: second, b: {d: x}}}\n- project: {check: {jobs: [build-it]}}\n"}, image("second", "1-x"), ""},
		{
			"a definition of other branches",
			tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job, vars: {b: {d: x}}}\n- job: {name: build-it, branches: stable/.*, vars: {a: other}}\n- project: {check: {jobs: [build-it]}}\n"},
			image("parent", "1-x"), "zuul.yaml:3: branches: the definition is of this branch, and this one of the job is for others\n",
		},
		{"in the pipeline", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job}\n- project: {vars: {a: project}, check: {jobs: [build-it: {vars: {a: pipeline, b: {d: y}}}]}}\n"}, image("pipeline", "1-y"), ""},
		{"of the project, where no job has it", tree{"Dockerfile": file, "zuul.yaml": "- job: {name: build-it, vars: {b: {c: 1, d: 2}, " + list + "}}\n- project: {vars: {a: project}, check: {jobs: [build-it]}}\n"}, image("project", "1-2"), ""},
		{"extra ones before all", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job, extra-vars: {a: extra}, vars: {a: own, b: {d: 0}}}\n- project: {check: {jobs: [build-it]}}\n"}, image("extra", "1-0"), ""},
		{"of a template", tree{"Dockerfile": file, "zuul.yaml": base + "- job: {name: build-it, parent: base-job}\n- project-template: {name: t, check: {jobs: [build-it: {vars: {a: template, b: {d: z}}}]}}\n- project: {templates: [t]}\n"}, image("template", "1-z"), ""},
		{
			"of a job elsewhere",
			tree{"Dockerfile": file, "zuul.yaml": "- project: {check: {jobs: [build-docker-image: {vars: {a: 1, b: {c: 2, d: 3}, " + list + "}}]}}\n"},
			image(`"1"`, "2-3"), "",
		},
		{
			"a list of a variable",
			tree{"Dockerfile": file, "zuul.yaml": "- job: {name: build-it, vars: {a: 1, b: {c: 2, d: 3}, other: '{{ mine }}', mine: [{context: '{{ ansible_user_dir }}/{{ zuul.project.src_dir }}', tags: [], repository: acme/x, build_args: ['A={{ a }}', 'B={{ b.c }}-{{ b.d }}']}], docker_images: '{{ other }}'}}\n- project: {check: {jobs: [build-it]}}\n"},
			image(`"1"`, "2-3"), "",
		},
		{
			"merged by an alias",
			tree{"Dockerfile": file, "zuul.yaml": "- job: {name: build-it, vars: &v {a: 1, b: {c: 2, d: 3}, " + list + "}}\n- job: {name: build-again, vars: {<<: *v, a: 1}}\n- project: {check: {jobs: [build-it, build-again]}}\n"},
			image(`"1"`, "2-3"), "",
		},
		{
			"of YAML 1.1",
			tree{"Dockerfile": file, "zuul.yaml": "- job: {name: build-it, vars: {a: 3.10, b: {c: yes, d: 010}, " + list + "}}\n- project: {check: {jobs: [build-it]}}\n"},
			image(`"3.1"`, "True-8"), "",
		},
	})
}

func TestWhatComesFromElsewhereIsInTheReport(t *testing.T) {
	t.Parallel()
	image := "  x:\n    containerfile: Dockerfile\n    release: []\n"
	list := "vars: {docker_images: [{context: ., tags: [], repository: acme/x}]}"
	check(t, []conversion{
		{"a parent", tree{"zuul.yaml": "- job: {name: build-it, parent: acme-images, " + list + "}\n- project: {check: {jobs: [build-it]}}\n"}, image, "zuul.yaml:1: acme-images: this parent comes from another project: what it sets is not seen\n"},
		{"templates", tree{"zuul.yaml": "- job: {name: build-it, " + list + "}\n- project: {templates: [a, b], check: {jobs: [build-it]}}\n"}, image, "zuul.yaml:2: templates: they come from other projects, so what they run is not seen: a, b\n"},
		{"a pipeline", tree{"zuul.yaml": "- job: {name: build-it, " + list + "}\n"}, image, "zuul.yaml:1: build-it: no pipeline of this tree runs it; its images are converted all the same\n"},
		{"what a job does", tree{"zuul.yaml": "- job: {name: it, " + list + "}\n- project: {check: {jobs: [it]}}\n"}, image, "zuul.yaml:1: it: neither its name nor its parents say whether it builds, uploads or promotes images; it is taken to build them\n"},
		{
			"stanzas of other projects",
			tree{"zuul.yaml": "- job: {name: build-it, " + list + "}\n- project: {name: opendev.org/acme/images, check: {jobs: [build-it]}}\n- project: {name: acme/other, check: {jobs: [upload-docker-image: {" + list + "}]}}\n"},
			image,
			"zuul.yaml:3: acme/other: the stanza is about another project, so the pipelines in it are passed over\n",
		},
		{"a schedule", tree{"zuul.yaml": "- job: {name: build-it, " + list + "}\n- project: {periodic-weekly: {jobs: [build-it]}}\n"}, image, "zuul.yaml:1: periodic-weekly: a pipeline schedule of GitLab does what this pipeline does: create one\n"},
		{"a variable that nothing reads", tree{"zuul.yaml": "- job: {name: build-it, " + list + "}\n- project: {check: {jobs: [build-it: {vars: {x: 1}}]}}\n"}, image, "zuul.yaml:2: x: no image reads this variable\n"},
		{
			"jobs without images",
			tree{"zuul.yaml": "- job: {name: build-it, " + list + ", dependencies: [lint, {name: acme-buildset-registry, soft: true}]}\n- job: {name: lint}\n- job: {name: test, vars: {mirror_container_images_images: []}}\n- project: {check: {jobs: [build-it]}}\n"},
			image,
			"zuul.yaml:1: lint: this job builds no image: images wait for other images alone\n" +
				"zuul.yaml:1: acme-buildset-registry: no registry is needed beside the project's own, nor a job that waits for others\n" +
				"zuul.yaml:2: jobs: these build no image: lint, test\n" +
				"zuul.yaml:3: mirror_container_images_images: name each image in `mirrors: [{from: …}]`, which copies it to the project's own registry\n",
		},
		{
			"attributes and settings",
			tree{"zuul.yaml": `
- job:
    name: build-it
    pre-run: a.yaml
    timeout: 1801
    voting: true
    files: [a]
    nodeset: {nodes: [{name: a, label: ubuntu}]}
    required-projects: [acme/lib]
    unheard-of: 1
    vars: {docker_use_buildkit: true, buildset_registry_port: 1, docker_images: [{context: ., tags: [], repository: acme/x}]}
- project: {check: {jobs: [build-it]}}
`},
			strings.Replace(image, "    release", "    build:\n      timeout: 31m\n    release", 1), `zuul.yaml:4: pre-run: what runs before the build is not converted: put it into the Containerfile
zuul.yaml:7: files: an image is built when its content changes, whatever the files are called
zuul.yaml:8: nodeset: ` + "`runners`" + ` names the tags of runners for a platform
zuul.yaml:10: unheard-of: there is no such attribute of images
zuul.yaml:11: docker_use_buildkit: no role reads it
zuul.yaml:11: buildset_registry_port: no registry is needed beside the project's own
zuul.yaml:5: timeout: 1801 seconds are rounded to whole minutes, at most 9999
zuul.yaml:9: required-projects: Zuul puts the project beside this one, but no image has it as a sibling; files of it that an image needs belong in ` + "`sources`\n",
		},
	})
}

// What has no counterpart is refused by name, and the other images are converted.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	good := "- job: {name: build-good, vars: {docker_images: [{context: ., tags: [], repository: acme/x}]}}\n- project: {check: {jobs: [build-good, build-bad]}}\n"
	image := "  x:\n    containerfile: Dockerfile\n    release: []\n"
	bad := func(attributes, entry string) tree {
		return tree{"run.yaml": "- hosts: all\n  tasks: [{shell: docker build .}]\n", "zuul.yaml": good + "- job: {name: build-bad, " + attributes + "vars: {container_images: [{context: ., tags: [], repository: quay.io/acme/y" + entry + "}]}}\n"}
	}
	own := bad("run: role.yaml, ", "")
	own["role.yaml"] = "- hosts: all\n  roles: [build-container-image]\n"
	check(t, []conversion{
		{"a playbook", bad("run: run.yaml, ", ""), image, "zuul.yaml:3: run.yaml: this playbook runs instead of the one that builds images; the images of its jobs are left out\n"},
		{"a playbook that is not here", bad("run: {name: none.yaml}, ", ""), image, "zuul.yaml:3: none.yaml: this playbook runs instead of the one that builds images; the images of its jobs are left out\n"},
		{"a playbook of the role", own, image + "  \"y\":\n    containerfile: Dockerfile\n    release: []\n", "zuul.yaml:3: role.yaml: the playbook uses the role that builds images; what else it does is not converted\n"},
		{"Windows", bad("nodeset: windows-2022, ", ""), image, "zuul.yaml:3: build-bad: there are no builders for Windows; its images are left out\n"},
		{"Windows' platform", bad("", ", arch: [windows/amd64]"), image, "zuul.yaml:3: windows/amd64: there are no builders for Windows; the image is left out\n"},
		{"another project's files", bad("", ", path: /home/zuul/src/opendev.org/acme/lib"), image, "zuul.yaml:3: path: it is not in this project: /home/zuul/src/opendev.org/acme/lib; the image is left out\n"},
		{"files above the project", bad("", ", path: ../lib"), image, "zuul.yaml:3: path: it is not in this project: src/lib; the image is left out\n"},
		{"a context from the network", bad("", ", path: 'https://example.org/x.git'"), image, "zuul.yaml:3: path: a builder's context from elsewhere has no counterpart; the image is left out\n"},
		{"a file that a playbook makes", bad("pre-run: pre.yaml, ", ", container_filename: made"), image, "zuul.yaml:3: pre-run: what runs before the build is not converted: put it into the Containerfile\nzuul.yaml:3: made: it is not in the tree; what runs before the build may make it; the image is left out\n"},
		{"a field that only Zuul knows", bad("", ", target: '{{ zuul.branch }}'"), image, `zuul.yaml:3: target: "{{ zuul.branch }}": it asks Zuul for more than the git tag; the image is left out` + "\n"},
		{"siblings outside of the context", bad("", ", path: sub, siblings: [opendev.org/acme/lib]"), image, `zuul.yaml:3: siblings: Zuul puts them into the context, and the builder is given "sub"; the image is left out` + "\n"},
		{"the checkout of Zuul's node", bad("", ", build_args: ['A={{ zuul.project.src_dir }}'], target: '{{ zuul.project.src_dir }}'"), image, `zuul.yaml:3: build_args: "A={{ zuul.project.src_dir }}": it is a path of Zuul's checkout; it is left out` + "\n" + `zuul.yaml:3: target: "{{ zuul.project.src_dir }}": it is a path of Zuul's checkout; the image is left out` + "\n"},
		{"images that only the job knows", tree{"zuul.yaml": good + "- job: {name: build-bad, vars: {docker_images: '{{ x + y }}'}}\n"}, image, "zuul.yaml:3: docker_images: the images are known only when the job runs; those of build-bad are left out\n"},
		{"a work dir that only the job knows", tree{"zuul.yaml": good + "- job: {name: build-bad, vars: {zuul_work_dir: '{{ x }}', docker_images: []}}\n"}, image, "zuul.yaml:3: zuul_work_dir: x is not set in this tree; the images of build-bad are left out\n"},
		{"a field of the other format", bad("", ", dockerfile: none"), image + "  \"y\":\n    containerfile: Dockerfile\n    release: []\n", "zuul.yaml:3: dockerfile: images of this list have no such field, and Zuul passes it over\n"},
		{
			"the list of the other role",
			tree{"zuul.yaml": "- job: {name: build-good, parent: build-container-image, vars: {docker_images: [{context: none}], container_images: [{context: ., tags: [], repository: quay.io/acme/x}]}}\n- project: {check: {jobs: [build-good]}}\n"},
			image,
			"zuul.yaml:1: docker_images: the role of container_images does not read it\n",
		},
		{
			"labels that every build sets", bad("", ", labels: [org.opencontainers.image.source=x, team=y]"),
			image + "  \"y\":\n    containerfile: Dockerfile\n    labels:\n      team: \"y\"\n    release: []\n",
			"zuul.yaml:3: org.opencontainers.image.source: every build sets this label\n",
		},
		{"Quay's repositories", bad("", ", visibility: public"), image + "  \"y\":\n    containerfile: Dockerfile\n    release: []\n", "zuul.yaml:3: visibility: a repository at Quay is created by hand, or by its first push\n"},
	})
}
