// Package definitions generates projects with valid definitions, for tests of whatever holds for all of them.
package definitions

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
)

// Generate returns a project with a definition and a .gitlab-ci.yml that includes what it compiles to. The same seed gives the same
// project.
func Generate(seed uint64) fstest.MapFS {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), files: fstest.MapFS{}} //nolint:gosec // the same numbers each time
	g.hasChildren = g.chance(4)
	g.platforms = g.pick("", "", "linux/amd64", "linux/amd64, linux/arm64", "linux/amd64, linux/arm64")
	g.gitlab = g.pick("", "", "", "", "17.0", "17.4", "18.2")
	g.distributions = map[string]bool{}
	g.definition()
	g.pipeline()
	return g.files
}

type generator struct {
	*rand.Rand
	files fstest.MapFS
	// images are the names so far: each is built on one of those before it, or on none.
	images []string
	// distributions has the images that have a distribution, which those on top of them inherit.
	distributions map[string]bool
	hasChildren   bool
	// platforms are those of all images that do not have fewer, and gitlab is the oldest GitLab, or empty.
	platforms, gitlab string
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

func (g *generator) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g *generator) file(name, content string) {
	g.files[name] = &fstest.MapFile{Data: []byte(content)}
}

// stanza is a piece of YAML, line by line.
type stanza struct{ lines []string }

func (s *stanza) add(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *stanza) indented() string { return "    " + strings.Join(s.lines, "\n    ") + "\n" }

func (g *generator) definition() {
	var out strings.Builder
	out.WriteString("version: 1\nproject: group/project\n")
	if g.chance(3) {
		fmt.Fprintf(&out, "build: %s\n", g.pick("always", "changed", "changed"))
	}
	if g.hasChildren {
		out.WriteString("children: true\n")
	}
	if g.gitlab != "" {
		fmt.Fprintf(&out, "gitlab: %q\n", g.gitlab)
	}
	if g.chance(4) {
		out.WriteString("mirrors:\n  - {from: \"docker.io/library/debian:trixie\"}\n  - {from: \"quay.io/centos/centos:10\", to: base/centos, tag: \"10\"}\n")
	}
	out.WriteString(g.defaults())
	out.WriteString("images:\n")
	for i := range 1 + g.IntN(9) {
		out.WriteString(g.image(i))
	}
	g.file("stemma.yaml", out.String())
}

func (g *generator) defaults() string {
	var s stanza
	if g.platforms != "" {
		s.add("platforms: [%s]", g.platforms)
	}
	if g.chance(4) {
		s.add("runners: {default: [docker, \"big one\"]}")
	}
	if g.chance(6) {
		s.add("updates: {base: poll}")
	}
	if g.chance(6) {
		s.add("manual: %s", g.pick("start", "blocking", "rebuild"))
	}
	if g.chance(6) {
		s.add("publish: true")
	}
	if g.chance(6) {
		s.add("stages: {build: images, test: images}")
	}
	if g.chance(5) {
		s.add("labels: {team: \"a's $1\"}")
	}
	if len(s.lines) == 0 {
		return ""
	}
	return "defaults:\n" + strings.ReplaceAll(s.indented(), "    ", "  ")
}

// image declares an image, mostly on one of those before it.
func (g *generator) image(i int) string {
	name := g.pick("base", "rust", "tools", "web", "group/app", "x.y", "a-b", "7z") + strconv.Itoa(i)
	var s stanza
	isContainerfile := g.chance(4)
	switch {
	case isContainerfile:
		g.containerfile(&s, name)
	case len(g.images) > 0 && !g.chance(4):
		g.child(&s)
		g.packages(&s)
	default:
		g.root(&s)
		g.packages(&s)
	}
	g.distributions[name] = !isContainerfile
	if len(g.images) > 1 && g.chance(6) {
		s.add("after: [%s]", g.images[g.IntN(len(g.images))])
	}
	g.tag(&s, name)
	g.jobs(&s)
	g.release(&s, name)
	g.relations(&s, isContainerfile)
	if strings.Contains(g.platforms, ",") && i > 0 && g.chance(6) {
		// No other image can be built on this one, or need it from an earlier stage.
		s.add("platforms: [linux/amd64]")
		s.add("stages: {build: images, test: checks, deploy: release}")
	} else {
		g.images = append(g.images, name)
	}
	return "  " + name + ":\n" + s.indented()
}

// child is an image on another one.
func (g *generator) child(s *stanza) {
	base := g.images[g.IntN(len(g.images))]
	s.add("base: %s", base)
	if !g.distributions[base] {
		s.add("distribution: debian")
	}
}

// root is an image that nothing of the project is under.
func (g *generator) root(s *stanza) {
	switch {
	case g.chance(4):
		s.add("distribution: debian")
		s.add("base: {project: Other/Project, image: x/y%s}", g.pick("", ", tag: \"1\""))
	case g.chance(3):
		s.add("distribution: debian")
		s.add("base: %s", g.pick("docker.io/library/debian:trixie", "quay.io/centos/centos:10"))
	default:
		s.add("distribution: %s", g.pick("debian\n    version: trixie", "fedora\n    version: \"43\"", "alpine\n    version: \"3.22\"", "arch"))
	}
}

func (g *generator) packages(s *stanza) {
	s.add("packages: [curl, %s]", g.pick("git", "make", "\"g++\""))
	if g.chance(3) {
		s.add("exec: %s", g.pick("echo 'a $b' \"$CI_JOB_TOKEN\"", "make -C src install"))
	}
	if g.chance(4) {
		s.add("env: {GREETING: 'a $b %%c%% $$d'}")
	}
	if g.chance(5) {
		s.add("watch: [\"src/**\"]")
		g.file("src/a b.txt", "a")
	}
}

// containerfile is an image with a Containerfile, whose folder may need quotes.
func (g *generator) containerfile(s *stanza, name string) {
	folder := strings.ReplaceAll(name, "/", "-") + g.pick("", "", " with spaces")
	from := "docker.io/library/debian:trixie"
	if len(g.images) > 0 && g.chance(2) {
		from = g.images[g.IntN(len(g.images))]
	}
	g.file(folder+"/Containerfile", "ARG TITLE=a\nFROM "+from+"\nCOPY a.txt /\nRUN --mount=type=secret,id=token true\n")
	g.file(folder+"/a.txt", "a\n")
	s.add("containerfile: %q", folder+"/Containerfile")
	if g.chance(3) {
		s.add("args: {TITLE: 'a $b'}")
	}
	if g.chance(4) {
		s.add("build: {cache: true, timeout: 90m, secrets: {token: API_TOKEN}}")
	}
}

func (g *generator) tag(s *stanza, name string) {
	switch g.IntN(8) {
	case 0:
		s.add("tag: \"2026-11-20.%d\"", g.IntN(10))
	case 1:
		file := strings.ReplaceAll(name, "/", "-") + "-version"
		g.file(file, "build-1.2.3\n")
		s.add("tag: {file: %s}", file)
	}
}

// jobs are the fields that change an image's jobs.
func (g *generator) jobs(s *stanza) {
	if g.chance(5) {
		s.add("runners: {default: [own]%s}", g.runners())
	}
	switch g.IntN(4) {
	case 0:
		s.add("tests: [{name: \"it's there\", run: curl --version}]")
	case 1:
		s.add("tests: [{name: inside, run: 'true'}, {name: outside, run: 'echo $STEMMA_IMAGE_REFERENCE', outside: true}]")
	}
	if g.chance(5) {
		s.add("manual: %s", g.pick("start", "blocking", "rebuild", "false"))
	}
}

// runners are tags for some of the platforms that all images have.
func (g *generator) runners() string {
	first, _, _ := strings.Cut(g.platforms, ",")
	if first == "" || g.chance(2) {
		return ""
	}
	return ", " + first + ": [big]"
}

func (g *generator) release(s *stanza, name string) {
	const credentials = "credentials: {username: HUB_USER, password: HUB_PASSWORD}"
	switch g.IntN(6) {
	case 0:
		s.add("release: []")
	case 1:
		s.add("release: [{tags: [latest, \"{tag}-x\"]}]")
	case 2:
		s.add("release: [{tags: [latest]}, {repository: docker.io/team/%s, tags: [\"{version}\", \"{major}.{minor}\"], %s}]", name, credentials)
	case 3:
		s.add("release: [{tags: [\"{version}\"]}]")
	}
}

// relations are the fields about other projects.
func (g *generator) relations(s *stanza, isContainerfile bool) {
	if g.chance(4) {
		s.add("dependents:")
		s.add("  - {project: a/b, ref: main, variables: {X: 'y \"z\"'}}")
		if g.gitlab == "" || g.gitlab == "18.2" {
			s.add("  - {project: c/d, ref: \"1.2\", variables: {flavour: x}, via: inputs, token: POKE_TOKEN, wait: true}")
		}
	}
	switch kind := g.pick("packages: true", "base: poll", "command: 'true'", "schedule: false"); {
	case !g.chance(4), isContainerfile && kind == "packages: true": // the package manager is not known
	default:
		s.add("updates: {%s}", kind)
	}
	if g.chance(6) {
		s.add("expires: 90d")
	}
	if g.chance(6) {
		s.add("publish: %v", g.chance(2))
	}
}

// pipeline writes the .gitlab-ci.yml around the compiled jobs.
func (g *generator) pipeline() {
	var out strings.Builder
	include := "include: [{local: .gitlab/stemma.gitlab-ci.yml}]\n"
	if g.chance(3) {
		out.WriteString("spec: {inputs: {rebuild: {default: \"\"}}}\n---\n")
		include = "include: [{local: .gitlab/stemma.gitlab-ci.yml, inputs: {rebuild: \"$[[ inputs.rebuild ]]\"}}]\n"
	}
	out.WriteString(include + "stages: [build, images, test, checks, deploy, release]\n")
	if g.chance(2) {
		out.WriteString("variables: {STEMMA_REBUILD: \"\", OWN: $CI_PROJECT_PATH, STEMMA_RETRIES: 3}\n")
	}
	if g.chance(3) {
		out.WriteString("default: {tags: [docker]}\n")
	}
	if g.chance(2) {
		out.WriteString("workflow:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n" +
			"    - {if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS, when: never}\n    - when: always\n")
	}
	if image := g.images[g.IntN(len(g.images))]; !g.hasChildren && g.chance(2) {
		fmt.Fprintf(&out, "use:\n  stage: deploy\n  extends: .fdo.distribution-image@%s\n  needs: [{job: \"build:%s\", optional: true}]\n", image, image)
		out.WriteString("  script: [echo]\n  rules: [{if: $CI_PROJECT_PATH}]\n")
	}
	if g.chance(3) {
		out.WriteString("other: {script: echo, only: [branches]}\n")
	}
	g.file(".gitlab-ci.yml", out.String())
	slices.Sort(g.images)
}
