//go:build e2e

package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

var measuresCosts = flag.Bool("costs", false, "measure the pipelines of all examples, and print a table")

// costExample is an example, with changes to its files.
type costExample struct {
	folder, projectPath string
	// on is the example that has the parents of the images. Its pipeline runs first.
	on string
	// setup replaces parts that cannot work in the test, such as addresses. content and tests change an image and its tests.
	setup, content, tests change
	// builds are the build jobs: one for each platform, and one more for an index. Main has releases and pokes as well.
	builds, releases, pokes, others int
	// selects says that jobs run only where files of their image changed.
	selects bool
	// tested is an image with tests, and users how many build jobs have it as a parent.
	tested string
	users  int
}

// change replaces a text in a file.
type change struct{ file, old, new string }

var costExamples = map[string]costExample{
	"nested images base": {
		folder: "nested-images/base", projectPath: "examples/base", builds: 1, releases: 1, pokes: 1, tested: "fedora-base",
		content: change{"stemma.yaml", "packages: [curl, wget]", "packages: [curl, wget, less]"},
		setup:   change{"stemma.yaml", "wget --version", "cargo --version"}, // busybox has a wget of its own
		tests:   change{"stemma.yaml", "curl --version && ", ""},
	},
	"nested images rust": {
		folder: "nested-images/rust", projectPath: "examples/rust", on: "nested images base", builds: 2, releases: 2, others: 1, tested: "rust", users: 1,
		content: change{"stemma.yaml", "packages: [cargo]", "packages: [cargo, less]"},
		tests:   change{"stemma.yaml", "./main\n", "./main && ./main\n"},
	},
	"Containerfiles": {
		folder: "containerfiles", projectPath: "examples/containerfiles", builds: 15, releases: 5, tested: "app", users: 2,
		setup:   change{"site/image.yaml", "registry.example.org/site", "REGISTRY/site"},
		content: change{"base/Containerfile", "ca-certificates", "ca-certificates less"},
		tests:   change{"app/image.yaml", "run: /usr/local/bin/app", "run: /usr/local/bin/app app"},
	},
	"CUE": {
		folder: "cue", projectPath: "examples/cue", builds: 30, releases: 30, selects: true,
		content: change{"stemma.cue", `"ca-certificates"`, `"ca-certificates", "less"`},
	},
}

// TestUnchangedImagesCostNoLayers runs pipelines of an example with two platforms: a merge request and main have a job for each
// platform and one for the index.
func TestUnchangedImagesCostNoLayers(t *testing.T) {
	c := newCosts(t, "Containerfiles")
	c.first()
	c.unchanged()
}

// TestChangesCostWhatTheyNeed runs all kinds of pipelines of an example, and with -costs of all examples.
func TestChangesCostWhatTheyNeed(t *testing.T) {
	names := []string{"nested images base"}
	if *measuresCosts {
		names = slices.Sorted(maps.Keys(costExamples))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			newCosts(t, name).measure()
		})
	}
}

// costs measures the pipelines of an example.
type costs struct {
	*testing.T
	*project
	costExample
	name      string
	meter     *meter
	variables []string
}

// cost is the traffic and the jobs of a pipeline.
type cost struct {
	traffic
	// layers has how often each layer was read, by its digest, and jobs how many jobs there were, by their kind.
	layers, jobs map[string]int
}

func newCosts(t *testing.T, name string) *costs {
	t.Helper()
	m, r := newMeter(t, startRegistry(t))
	mirrors := pushBases(t, r)
	server := gitlabtest.New(t)
	server.AddProject(gitlabtest.Project{Path: "examples/rust", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Allowlist: []string{"examples/base"}})
	prepare := func(name string) *costs {
		c := &costs{T: t, costExample: costExamples[name], name: name, meter: m}
		c.project = copyOf(t, r, c.projectPath, filepath.Join("../../examples", c.folder))
		c.storage = t.TempDir()
		c.change(c.setup)
		c.compile(t)
		c.variables = []string{
			mirrors, "CI_PROJECT_PATH=" + c.path, "CI_API_V4_URL=" + server.API(), "CI_JOB_TOKEN=" + server.JobToken("ann", c.path),
			"CI_COMMIT_REF_SLUG=ref", "SITE_USER=user", "SITE_PASSWORD=password",
		}
		return c
	}
	if on := costExamples[name].on; on != "" {
		base := prepare(on)
		base.pipeline(t, base.variables...)
	}
	m.take()
	return prepare(name)
}

// change makes a change, if there is one.
func (c *costs) change(made change) {
	c.Helper()
	if made.file == "" {
		return
	}
	file := filepath.Join(c.dir, made.file)
	source, err := os.ReadFile(file)
	if err != nil {
		c.Fatal(err)
	}
	changed := strings.ReplaceAll(string(source), made.old, strings.ReplaceAll(made.new, "REGISTRY", c.registry.Host))
	if changed == string(source) {
		c.Fatalf("%s of the example has changed: %q is missing", made.file, made.old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		c.Fatal(err)
	}
}

// commit compiles and commits. From then on GitLab knows the changed files.
func (c *costs) commit() {
	c.Helper()
	c.compile(c.T)
	c.changed = strings.Fields(run(c.T, c.dir, "git", "diff", "--name-only", "HEAD~1"))
}

// passed matches the jobs in the summary of a pipeline.
var passed = regexp.MustCompile(`(?m)^\s*PASS\s+(\S+)`)

// run runs a pipeline of the default branch, and prints a row of the table in docs/benchmarks.md.
func (c *costs) run(title string, variables ...string) cost {
	c.Helper()
	c.meter.take()
	log, err := c.try(append(c.variables, variables...)...)
	if err != nil && !errors.Is(err, errNoJobs) {
		c.Fatalf("%s failed: %v\n%s", title, err, log)
	}
	out := cost{jobs: map[string]int{}}
	out.traffic, out.layers = c.meter.take()
	for _, job := range passed.FindAllStringSubmatch(log, -1) {
		out.jobs[kindOf(job[1])]++
	}
	if *measuresCosts {
		fmt.Println(out.row(c.name, title))
	}
	return out
}

// review runs the pipeline of a merge request.
func (c *costs) review(title string) cost {
	c.Helper()
	return c.run(title, "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_BRANCH=", "CI_COMMIT_REF_NAME=topic", "CI_COMMIT_REF_PROTECTED=false",
		"CI_MERGE_REQUEST_IID=7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main")
}

// kindOf is the kind of a job.
func kindOf(job string) string {
	kind, _, ok := strings.Cut(job, ":")
	if !ok {
		return "other"
	}
	return kind
}

var kinds = []string{"build", "verify", "release", "poke", "other"}

// row is the row of a pipeline.
func (c cost) row(example, title string) string {
	var jobs []string
	for _, kind := range kinds {
		if c.jobs[kind] > 0 {
			jobs = append(jobs, fmt.Sprintf("%d %s", c.jobs[kind], kind))
		}
	}
	return fmt.Sprintf("| %s | %s | %d: %s | %d | %d, %s | %d, %s | %d, %d, %d |", example, title, c.all(), strings.Join(jobs, ", "), c.requests,
		c.read, megabytes(c.bytesRead), c.written, megabytes(c.bytesWritten), c.byDigest, c.tags, c.records)
}

func (c cost) all() int {
	sum := 0
	for _, count := range c.jobs {
		sum += count
	}
	return sum
}

// manifests are all manifests that were written.
func (t traffic) manifests() int { return t.byDigest + t.tags + t.records }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// measure runs pipelines of the example, and looks at what they cost.
func (c *costs) measure() {
	c.Helper()
	c.first()
	c.unchanged()
	c.changedContent()
	if c.tests.file != "" {
		c.changedTests()
	}
}

// first builds and releases all images.
func (c *costs) first() {
	c.Helper()
	const main = "first, main"
	c.hasJobs(main, c.run(main), true)
}

// unchanged changes a file that is part of no image. No layer moves, and main writes the record of each release and nothing else.
func (c *costs) unchanged() {
	c.Helper()
	c.write(c.T, map[string]string{"README.md": "No image has this file.\n"})
	c.commit()
	const request, main, started = "unchanged, merge request", "unchanged, main", "unchanged, main, started by a person"
	inRequest, onMain := c.review(request), c.run(main)
	c.movesNoLayers(request, inRequest)
	c.movesNoLayers(main, onMain)
	if inRequest.manifests() != 0 || onMain.byDigest+onMain.tags != 0 {
		c.Errorf("manifests were written: %+v, %+v", inRequest.traffic, onMain.traffic)
	}
	if !c.selects {
		c.hasJobs(request, inRequest, false)
		c.hasJobs(main, onMain, true)
		if onMain.records != c.releases {
			c.Errorf("main wrote %d records for %d releases", onMain.records, c.releases)
		}
		return
	}
	if inRequest.all()+onMain.all() != 0 {
		c.Errorf("there are jobs for unchanged images: %v, %v", inRequest.jobs, onMain.jobs)
	}
	c.changed = nil
	byPerson := c.run(started, "CI_PIPELINE_SOURCE=web")
	c.hasJobs(started, byPerson, true)
	c.movesNoLayers(started, byPerson)
}

// changedContent changes the image that the others are built on, in a merge request that is then merged. Only build jobs of children
// pull an image, and no job pulls it to test it.
func (c *costs) changedContent() {
	c.Helper()
	c.change(c.content)
	c.commit()
	const request, main = "changed content, merge request", "changed content, main"
	inRequest := c.review(request)
	c.hasJobs(request, inRequest, false)
	if c.tested != "" {
		all := layers(c.T, c.registry.image(c.T, c.path+"/"+c.tested+":"+c.tag(c.T, c.tested)))
		if pulls := inRequest.layers[all[len(all)-1]]; pulls > c.users {
			c.Errorf("%s was pulled %d times, and %d jobs build on it", c.tested, pulls, c.users)
		}
	}
	onMain := c.run(main)
	c.hasJobs(main, onMain, true)
	c.movesNoLayers(main, onMain)
}

// changedTests changes tests alone: the image is pulled to be tested, once, and nothing is built.
func (c *costs) changedTests() {
	c.Helper()
	c.change(c.tests)
	c.commit()
	const request, main = "changed tests, merge request", "changed tests, main"
	if inRequest := c.review(request); inRequest.written > 0 {
		c.Errorf("a change of tests wrote %d layers", inRequest.written)
	}
	c.movesNoLayers(main, c.run(main))
}

// hasJobs reports another number of jobs than the example should have.
func (c *costs) hasJobs(title string, got cost, isMain bool) {
	c.Helper()
	want := map[string]int{"build": c.builds, "other": c.others}
	if isMain {
		want["release"], want["poke"] = c.releases, c.pokes
	}
	for _, kind := range kinds {
		if got.jobs[kind] != want[kind] {
			c.Errorf("%s: %d jobs of the kind %s, want %d", title, got.jobs[kind], kind, want[kind])
		}
	}
}

func (c *costs) movesNoLayers(title string, got cost) {
	c.Helper()
	if got.read+got.written > 0 {
		c.Errorf("%s: %d layers were read and %d written", title, got.read, got.written)
	}
}
