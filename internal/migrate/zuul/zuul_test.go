package zuul_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/zuul"
)

// tree are the files of a project; those of Containerfiles are there unless a test has its own.
type tree map[string]string

func (tr tree) fs() fstest.MapFS {
	files := fstest.MapFS{"Dockerfile": {Data: []byte("FROM docker.io/library/debian:trixie\n")}}
	for name, content := range tr {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// run imports a tree: the images of its definition and the report, or the findings. A definition must compile.
func run(t *testing.T, tr tree) (images, report, errors string) {
	t.Helper()
	files := tr.fs()
	made, said, found, err := zuul.Import(importer.Tree{FS: files, Name: ".", Root: "images"}, importer.Target{Folder: "."})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, d := range found {
		lines.WriteString(d.Span.String() + ": " + d.Message + "\n")
	}
	if len(made) == 0 {
		return "", "", lines.String()
	}
	placed := maps.Clone(files)
	for _, file := range made {
		placed[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	if _, bad, err := compilertest.Compile(placed); err != nil || bad.HasErrors() {
		t.Errorf("the definition does not compile: %v %v\n%s", err, bad, made[0].Content)
	}
	var text strings.Builder
	if err := said.Text(&text); err != nil {
		t.Fatal(err)
	}
	_, images, _ = strings.Cut(string(made[0].Content), "images:\n")
	return images, text.String(), lines.String()
}

var column = regexp.MustCompile(`:(\d+):\d+: `)

// remarks are the lines of a report about what has no counterpart and what to look at, without columns and without those that
// every import has.
func remarks(report string) string {
	var out []string
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "  ") && !strings.Contains(line, "create the CI variables") && !strings.Contains(line, "every image of a definition is provided") {
			out = append(out, column.ReplaceAllString(strings.TrimSpace(line), ":$1: ")+"\n")
		}
	}
	return strings.Join(out, "")
}

// plain removes the credentials from a definition, which have a test of their own.
func plain(images string) string {
	var out strings.Builder
	for line := range strings.Lines(images) {
		if !strings.HasPrefix(line, "        credentials:") && !strings.HasPrefix(line, "          username:") && !strings.HasPrefix(line, "          password:") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// conversion is a configuration with the images and the remarks that it gives.
type conversion struct {
	name   string
	tree   tree
	images string
	says   string
}

func check(t *testing.T, cases []conversion) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images, report, errors := run(t, c.tree)
			if diff := cmp.Diff(c.images, plain(images)); diff != "" {
				t.Error(diff, errors)
			}
			if diff := cmp.Diff(c.says, remarks(report)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// pipelines is a project that builds, uploads and promotes a list of images.
func pipelines(format, list string) string {
	return `
- job: {name: build-it, parent: build-` + format + `-image, vars: &vars {` + varOf[format] + `: ` + list + `}}
- job: {name: upload-it, parent: upload-` + format + `-image, vars: *vars}
- job: {name: promote-it, parent: promote-` + format + `-image, vars: *vars}
- project: {check: {jobs: [build-it]}, gate: {jobs: [upload-it]}, promote: {jobs: [promote-it]}}
`
}

var varOf = map[string]string{"docker": "docker_images", "container": "container_images"}

func TestImagesOfThreeJobsAreOne(t *testing.T) {
	t.Parallel()
	images, report, errors := run(t, tree{"zuul.yaml": pipelines("container", "[{context: ., registry: quay.io, repository: quay.io/acme/web, tags: [latest, '3']}]")})
	want := `  web:
    containerfile: Dockerfile
    release:
      - repository: quay.io/acme/web
        tags: [latest, "3"]
        credentials:
          username: QUAY_IO_USERNAME
          password: QUAY_IO_PASSWORD
`
	if diff := cmp.Diff(want, images); diff != "" {
		t.Error(diff, errors)
	}
	want = `converted: 1 image

look at:
  zuul.yaml:2:88: quay.io: create the CI variables QUAY_IO_USERNAME and QUAY_IO_PASSWORD, masked and protected, with the user and the password
`
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
}

func TestZuulReadsTheFirstPlaceAlone(t *testing.T) {
	t.Parallel()
	one := func(name string) string {
		return "- job: {name: build-" + name + ", parent: build-docker-image, vars: {docker_images: [{context: ., tags: [], repository: acme/" + name + "}]}}\n- project: {check: {jobs: [build-" + name + "]}}\n"
	}
	image := func(name string) string {
		return "  " + name + ":\n    containerfile: Dockerfile\n    release: []\n"
	}
	passed := func(name string) string {
		return name + ": " + name + ": Zuul reads only the first place of zuul.yaml, zuul.d, .zuul.yaml, .zuul.d, and this is another\n"
	}
	check(t, []conversion{
		{"zuul.yaml", tree{"zuul.yaml": one("a"), "zuul.d/b.yaml": one("b"), ".zuul.yaml": one("c"), ".zuul.d/d.yaml": one("d")}, image("a"), passed(".zuul.d") + passed(".zuul.yaml") + passed("zuul.d")},
		{"zuul.d", tree{"zuul.yaml": "", "zuul.d/x/y/b.yaml": one("b"), "zuul.d/n.yml": one("n"), "zuul.d/no/.zuul.ignore": "", "zuul.d/no/n.yaml": one("n"), ".zuul.yaml": one("c")}, image("b"), passed(".zuul.yaml")},
		{".zuul.yaml", tree{".zuul.yaml": one("c"), ".zuul.d/d.yaml": one("d")}, image("c"), passed(".zuul.d")},
		{".zuul.d", tree{".zuul.d/d.yaml": one("d"), ".zuul.d/a.yaml": "---\n"}, image("d"), ""},
	})
}

// The formats differ in where they look for a Containerfile: docker_images names it from the context, always, and
// container_images leaves it to the builder, in the folder that it is given.
func TestTheTwoFormatsFindTheirContainerfiles(t *testing.T) {
	t.Parallel()
	files := func(format, entry, vars string) tree {
		list := "[{repository: quay.io/acme/x, tags: [], " + entry + "}]"
		return tree{
			"zuul.yaml":      "- job: {name: build-it, parent: build-" + format + "-image, vars: {" + vars + varOf[format] + ": " + list + "}}\n- project: {check: {jobs: [build-it]}}\n",
			"app/Dockerfile": "FROM scratch\n", "app/Containerfile": "FROM scratch\n", "app/src/Dockerfile": "FROM scratch\n", "app/src/Containerfile": "FROM scratch\n", "app/src/only": "FROM scratch\n", "app/alt": "FROM scratch\n",
		}
	}
	image := func(file, context string) string {
		out := "  x:\n    containerfile: " + file + "\n"
		if context != "" {
			out += "    context: " + context + "\n"
		}
		return out + "    release: []\n"
	}
	check(t, []conversion{
		{"docker", files("docker", "context: app", ""), image("app/Dockerfile", ""), ""},
		{"docker, path", files("docker", "context: app, path: src", ""), image("app/Dockerfile", "app/src"), ""},
		{"docker, dockerfile", files("docker", "context: ., dockerfile: app/alt", ""), image("app/alt", "."), ""},
		{"docker, path and dockerfile", files("docker", "context: app, path: src, dockerfile: alt", ""), image("app/alt", "app/src"), ""},
		{"docker, path above", files("docker", "context: app, path: ..", ""), image("app/Dockerfile", "."), ""},
		{"docker, default of the job", files("docker", "context: app", "docker_dockerfile: alt, "), image("app/alt", ""), ""},
		{"podman", files("container", "context: app", ""), image("app/Containerfile", ""), ""},
		{"podman, path", files("container", "context: app, path: src", ""), image("app/src/Containerfile", ""), ""},
		{"podman, filename", files("container", "context: app, path: src, container_filename: Dockerfile", ""), image("app/Dockerfile", "app/src"), ""},
		{"podman, filename of the path", files("container", "context: app, path: src, container_filename: only", ""), image("app/src/only", ""), ""},
		{"podman, default of the job", files("container", "context: app", "container_filename: alt, "), image("app/alt", ""), ""},
		{"docker command", files("container", "context: app", "container_command: docker, "), image("app/Dockerfile", ""), ""},
		{"docker command, path", files("container", "context: app, path: src", "container_command: docker, "), image("app/src/Dockerfile", ""), ""},
		{"work dir", files("docker", "context: src", "zuul_work_dir: '{{ zuul.project.src_dir }}/app', "), image("app/src/Dockerfile", ""), ""},
		{"own checkout", files("docker", "context: app", "zuul_work_dir: /home/zuul/src/opendev.org/acme/images, "), image("app/Dockerfile", ""), ""},
		{"own checkout, by an expression", files("docker", "context: src", `zuul_work_dir: "{{ zuul.projects['opendev.org/acme/images'].src_dir }}/app", `), image("app/src/Dockerfile", ""), ""},
	})
}

func TestPlatformsAreEachImagesOwn(t *testing.T) {
	t.Parallel()
	check(t, []conversion{{
		"docker",
		tree{"zuul.yaml": pipelines("docker", "[{context: ., repository: acme/one, arch: [linux/arm64, linux/arm/v7]}, {context: ., repository: acme/two, target: t}]"), "Dockerfile": "FROM scratch AS t\n"},
		`  one:
    containerfile: Dockerfile
    platforms: [linux/arm64, linux/arm/v7]
    release:
      - repository: docker.io/acme/one
        tags: [latest]
  two:
    containerfile: Dockerfile
    target: t
    release:
      - repository: docker.io/acme/two
        tags: [latest]
`, "",
	}})
}

func TestBuildArgumentsAreReadAsAShellReadsThem(t *testing.T) {
	t.Parallel()
	one := func(argument, vars string) tree {
		return tree{
			"zuul.yaml":  "- job: {name: build-it, parent: build-container-image, vars: {" + vars + "container_images: [{context: ., tags: [], repository: quay.io/acme/x, build_args: [" + argument + "]}]}}\n- project: {check: {jobs: [build-it]}}\n",
			"Dockerfile": "FROM scratch\nARG B\n",
		}
	}
	image := func(value string) string {
		return "  x:\n    containerfile: Dockerfile\n    args:\n      B: " + value + "\n    release: []\n"
	}
	none := "  x:\n    containerfile: Dockerfile\n    release: []\n"
	check(t, []conversion{
		{"plain", one("B=1", ""), image(`"1"`), ""},
		{"empty", one("B=", ""), image(`""`), ""},
		{"equals signs", one("B=a=b", ""), image("a=b"), ""},
		{"double quotes", one(`'B="x y"'`, ""), image("x y"), ""},
		{"single quotes", one(`"B='x \"y\"'"`, ""), image(`x "y"`), ""},
		{"quotes around all", one(`'"B=x y"'`, ""), image("x y"), ""},
		{"backslash", one(`'B=x\ y'`, ""), image("x y"), ""},
		{"blanks", one("B=x y", ""), image("x y"), "zuul.yaml:1: build_args: Zuul cuts the value at its blanks, which breaks the build; here it is whole\n"},
		{"of the environment", one("B", "container_build_extra_env: {B: '7'}, "), strings.Replace(image(`"7"`), "    release", "    build:\n      env:\n        B: \"7\"\n    release", 1), ""},
		{"of an environment that Docker is not given", one("B", "container_command: docker, container_build_extra_env: {B: '7'}, "), none, "zuul.yaml:1: container_build_extra_env: only Podman is given this environment; where a build reads one, make it a build argument\nzuul.yaml:1: build_args: the value of B is the builder's environment's, which this tree does not set\n"},
		{"without a value", one("B", ""), none, "zuul.yaml:1: build_args: the value of B is the builder's environment's, which this tree does not set\n"},
		{"of a variable", one(`"B={{ v }}"`, "v: '{{ w }}', w: [1,2], "), image(`'[1, 2]'`), "zuul.yaml:1: build_args: Zuul cuts the value at its blanks, which breaks the build; here it is whole\n"},
		{"of an unknown variable", one(`"B={{ v }}"`, ""), none, `zuul.yaml:1: build_args: "B={{ v }}": v is not set in this tree; it is left out` + "\n"},
		{"of Zuul's values", one(`"B={{ zuul.branch }}"`, ""), none, `zuul.yaml:1: build_args: "B={{ zuul.branch }}": it asks Zuul for more than the git tag; it is left out` + "\n"},
		{"of a default behind what is set elsewhere", one(`"B={{ v | default(1) }}"`, ""), none, `zuul.yaml:1: build_args: "B={{ v | default(1) }}": v is not set in this tree; it is left out` + "\n"},
		{"of a secret", one(`"B={{ v }}"`, "v: !encrypted/pkcs1-oaep [AAAA], "), none, `zuul.yaml:1: build_args: "B={{ v }}": v: it is encrypted; it is left out` + "\n"},
		{"of itself", one(`"B={{ v }}"`, "v: '{{ v }}', "), none, `zuul.yaml:1: build_args: "B={{ v }}": the variables name each other without end; it is left out` + "\n"},
	})
}
