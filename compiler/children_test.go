package compiler_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// forest declares families of all sizes from one to thirty, each image in a file of its own.
func forest(images int) fstest.MapFS {
	files := fstest.MapFS{definition.YAMLFile: {Data: []byte("version: 1\nproject: group/project\nchildren: true\ninclude: [images/*/image.yaml]\n")}}
	root, size := "", 0
	for i := range images {
		name := fmt.Sprintf("image-%05d", i)
		content := "base: " + root + "\n"
		if size == 0 {
			root, size = name, i*7%30+1
			content = "distribution: debian\nversion: trixie\n"
		}
		size--
		files["images/"+name+"/image.yaml"] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

func compiled(t *testing.T, files fs.FS) compiler.Result {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	return result
}

func contents(result compiler.Result) map[string]string {
	out := map[string]string{}
	for _, file := range result.Files {
		out[file.Path] = string(file.Content)
	}
	return out
}

func TestEveryImageHasItsJobsInOneChild(t *testing.T) {
	t.Parallel()
	result := compiled(t, forest(1000))
	seen := map[string]int{}
	for _, child := range result.Pipeline.Children {
		for _, section := range child.Sections {
			seen[section.Image]++
		}
	}
	if len(seen) != 1000 || len(result.Pipeline.Children) > 1000/16+64 {
		t.Errorf("%d images in %d children", len(seen), len(result.Pipeline.Children))
	}
	for path, content := range contents(result) {
		var document map[string]any
		if _, body, ok := strings.Cut(content, "\n---\n"); ok {
			content = body
		}
		if err := yaml.Unmarshal([]byte(content), &document); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for name := range document {
			job, _ := document[name].(map[string]any)
			needs, _ := job["needs"].([]any)
			for _, need := range needs {
				if other := need.(map[string]any)["job"].(string); document[other] == nil {
					t.Errorf("%s: %s needs %s, which is in another file", path, name, other)
				}
			}
		}
		if isChild := path != definition.OutputFile && path != definition.ImagesFile; isChild == strings.Contains(content, ".fdo.distribution-image@") {
			if path != definition.OutputFile {
				t.Errorf("the templates for jobs of the project are in %s", path)
			}
		}
	}
}

// GitLab fails a job that would start an empty pipeline, so a child starts exactly where the rules of one of its images hold.
func TestChildrenAreNeverEmpty(t *testing.T) {
	t.Parallel()
	for _, child := range compiled(t, forest(300)).Pipeline.Children {
		changes, names := map[string]bool{}, map[string]bool{}
		collect(child.Trigger, changes, names)
		ownChanges, ownNames := map[string]bool{}, map[string]bool{}
		for _, section := range child.Sections {
			for _, job := range section.Jobs {
				if strings.HasPrefix(job.Name, "build:") {
					collect(job, ownChanges, ownNames)
				}
			}
		}
		if diff := cmp.Diff(ownChanges, changes); diff != "" {
			t.Errorf("%s starts for other files than its images have:\n%s", child.Name, diff)
		}
		if diff := cmp.Diff(ownNames, names); diff != "" {
			t.Errorf("%s starts for other names than its images have:\n%s", child.Name, diff)
		}
	}
}

var namesIn = regexp.MustCompile(`STEMMA_REBUILD =~ /\(\^\|\[,\\s\]\)\(([^)]*)\)`)

// collect collects the conditions in the rules of a job.
func collect(job pipeline.Job, changes, names map[string]bool) {
	for _, rule := range job.Rules {
		for _, pattern := range rule.Changes {
			changes[pattern] = true
		}
		for _, match := range namesIn.FindAllStringSubmatch(rule.If.String(), -1) {
			for _, name := range strings.Split(match[1], "|") {
				names[name] = true
			}
		}
	}
}

// One more image changes its own family's child, the parent's lines about it, and no other child.
func TestShardsAreStable(t *testing.T) {
	t.Parallel()
	before := compiled(t, forest(1000))
	for name, content := range sample.Of(map[string]string{
		"in a large family": "base: image-00900\n", "alone": "distribution: debian\nversion: trixie\n", "before all others": "base: image-00000\n",
	}, 3) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, image := forest(1000), "zz-new"
			if name == "before all others" {
				image = "aa-new"
			}
			files["images/"+image+"/image.yaml"] = &fstest.MapFile{Data: []byte(content)}
			after := compiled(t, files)
			was, is := contents(before), contents(after)
			var changed []string
			for path := range is {
				if path != definition.OutputFile && path != definition.ImagesFile && was[path] != is[path] {
					changed = append(changed, path)
				}
			}
			for _, child := range after.Pipeline.Children {
				has := slices.ContainsFunc(child.Sections, func(s pipeline.Section) bool { return s.Image == image })
				if has != slices.Contains(changed, child.File) || len(changed) != 1 {
					t.Errorf("changed are %v, and the image is in %s: %v", changed, child.File, has)
				}
			}
			if lines := len(diffLines(was[definition.OutputFile], is[definition.OutputFile])); lines > 30 {
				t.Errorf("%d lines of the parent changed", lines)
			}
		})
	}
}

// diffLines are the lines of b that a has not.
func diffLines(a, b string) []string {
	known := map[string]bool{}
	for line := range strings.Lines(a) {
		known[line] = true
	}
	var out []string
	for line := range strings.Lines(b) {
		if !known[line] {
			out = append(out, line)
		}
	}
	return out
}

func BenchmarkCompileChildren(b *testing.B) {
	files := forest(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := compilertest.Compile(files); err != nil || len(found) > 0 {
			b.Fatal(found, err)
		}
	}
}

// A poke names an image of another project, and starts the child with the images that are built from it, and no other.
func TestPokesReachTheRightChild(t *testing.T) {
	t.Parallel()
	files := forest(100)
	files["images/image-00099/image.yaml"] = &fstest.MapFile{Data: []byte("distribution: debian\nbase: {project: Group/Base, image: rust}\n")}
	for _, child := range compiled(t, files).Pipeline.Children {
		isAsked := func(job pipeline.Job) bool {
			return slices.ContainsFunc(job.Rules, func(r pipeline.Rule) bool {
				return r.When == "" && strings.Contains(r.If.String(), `$STEMMA_POKED_BY =~ /^(group\/base\/rust)$/`)
			})
		}
		var images []string
		for _, section := range child.Sections {
			if slices.ContainsFunc(section.Jobs, isAsked) {
				images = append(images, section.Image)
			}
		}
		if isAsked(child.Trigger) != (len(images) > 0) || len(images) > 0 && images[0] != "image-00099" {
			t.Errorf("%s: the poke is about %v, and starts it: %v", child.Name, images, isAsked(child.Trigger))
		}
	}
}

// The parts of a child that is too large for one file are no other child's files, whatever images are called.
func TestPartsOfChildrenHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nchildren: true\nimages:\n")
	for _, head := range []string{"a", "a.01", "a.02"} {
		fmt.Fprintf(&b, "  %s: {distribution: debian, version: trixie}\n", head)
		for i := range 20 {
			fmt.Fprintf(&b, "  %s-of-%d: {base: %s, exec: %s}\n", head, i, head, strings.Repeat("x", 100_000))
		}
	}
	result := compiled(t, fstest.MapFS{"stemma.yaml": {Data: []byte(b.String())}})
	if files := contents(result); len(files) != len(result.Files) || len(result.Pipeline.Children) != 3 {
		t.Errorf("%d files have %d names", len(result.Files), len(files))
	}
}

// GitLab refuses an included file without anything in it.
func TestNoImagesHaveNoChildren(t *testing.T) {
	t.Parallel()
	for path, content := range contents(compiled(t, fstest.MapFS{"stemma.yaml": {Data: []byte("version: 1\nchildren: true\nimages: {}\npins: []\n")}})) {
		if path != definition.OutputFile || strings.Contains(content, "include:") {
			t.Errorf("%s is\n%s", path, content)
		}
	}
}
