package pipelines_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
)

// An image with a play button is never built without a press, and no two presses are needed for one image on another.
func TestPushesOfferOneButtonForAChain(t *testing.T) {
	t.Parallel()
	const definition = `version: 1
project: group/project
build: changed
defaults: {distribution: debian, version: trixie}
images:
  top: {manual: start, watch: [files/top]}
  other: {manual: start, watch: [files/other]}
  free: {base: top, watch: [files/free]}
  low: {base: free, manual: start, watch: [files/low]}
  same: {base: low, manual: start}
  both: {containerfile: files/Containerfile, context: files/both, manual: start}
  block: {base: top, manual: blocking, watch: [files/block]}
  index: {base: top, manual: blocking, watch: [files/index]}
`
	files := fstest.MapFS{"stemma.yaml": {Data: []byte(definition)}, "files/Containerfile": {Data: []byte("FROM top\nCOPY --from=other / /\n")}}
	for _, name := range strings.Fields("top other free low block index both/a") {
		files["files/"+name] = &fstest.MapFile{}
	}
	for _, children := range []string{"", "children: true\n"} {
		files["stemma.yaml"] = &fstest.MapFile{Data: []byte(children + definition)}
		project := compiledProject(t, files)
		for changed, want := range map[string]string{
			"top":    "start:top",
			"other":  "start:other",
			"free":   "start:low",
			"low":    "start:low",
			"block":  "build:block",
			"index":  "build:index",
			"both/a": "start:both",

			"top other":   "start:other start:top",
			"top low":     "start:top",
			"low block":   "build:block start:low",
			"both/a top":  "start:top",
			"block index": "build:block build:index",
		} {
			var paths []string
			for _, name := range strings.Fields(changed) {
				paths = append(paths, "files/"+name)
			}
			kind, _ := pipeline.Find("default")
			p := pipeline.Evaluate(pipeline.Request{Project: project, Kind: kind, Changed: rule.Changed{IsKnown: true, Paths: paths}})
			if got := strings.Join(buttons(p), " "); got != want {
				t.Errorf("a change of %s has the buttons %q, want %q", changed, got, want)
			}
		}
	}
}

// compiledProject is a project with its compiled pipeline.
func compiledProject(t *testing.T, files fstest.MapFS) *config.Project {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil || found.HasErrors() {
		t.Fatalf("the definition does not compile: %v\n%v", err, found)
	}
	tree := fstest.MapFS{".gitlab-ci.yml": {Data: []byte("include: [{local: .gitlab/stemma.gitlab-ci.yml}]\n")}}
	for _, file := range result.Files {
		tree[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	return &config.Project{Path: "group/project", Tree: tree}
}

// buttons are the names of manual jobs, also of those in child pipelines.
func buttons(p *pipeline.Pipeline) []string {
	var names []string
	for _, job := range p.Jobs {
		if job.When == "manual" {
			names = append(names, job.Name)
		}
		if child, ok := p.Child(job); ok {
			names = append(names, buttons(child)...)
		}
	}
	slices.Sort(names)
	return names
}
