package pipelines_test

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/definitions"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// A push that changes an image's content tag has the job that builds the image, whatever the file is called.
func TestFilesThatChangeATagSelectTheImage(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nproject: group/project\nbuild: changed\nimages:\n  a:\n    "
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	from := file("FROM docker.io/library/debian:trixie\nCOPY . /\n")
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
	}
	watch := func(pattern string) *fstest.MapFile {
		return file(head + "distribution: debian\n    version: trixie\n    watch: ['" + pattern + "']\n")
	}
	for name, files := range sample.Of(map[string]fstest.MapFS{
		"a folder with special characters": {
			"stemma.yaml": file(head + "containerfile: 'd [1] {a,b}*?$CI_JOB_ID%CI_JOB_ID%!/Containerfile'"),
			"d [1] {a,b}*?$CI_JOB_ID%CI_JOB_ID%!/Containerfile": from, "d [1] {a,b}*?$CI_JOB_ID%CI_JOB_ID%!/.hidden": file("a"),
		},
		"the ignore file of a Containerfile outside of its context": {
			"stemma.yaml": file(head + "{containerfile: f/Containerfile, context: d}"), "f/Containerfile": from,
			"f/Containerfile.dockerignore": file("b\n"), "d/a": file("a"), "d/b": file("b"),
		},
		"a link out of the context": {
			"stemma.yaml": file(head + "containerfile: d/Containerfile"), "d/Containerfile": from,
			"d/link": link("../other/link"), "other/link": link("../e/f"), "e": link("g"), "g/f": file("a"),
		},
		"a Containerfile that is a link": {
			"stemma.yaml": file(head + "{containerfile: f/Containerfile, context: d}"), "f/Containerfile": link("../g/Containerfile"),
			"g/Containerfile": from, "d/a": file("a"),
		},
		"a tag file that is a link": {
			"stemma.yaml": file(head + "{distribution: debian, version: trixie, tag: {file: version}}"), "version": link("d/version"), "d/version": file("1"),
		},
		"a CUE package in another folder": {
			"stemma.cue":         file("package stemma\nimport \"example.com/x/lib\"\nversion: 1\nproject: \"group/project\"\nbuild: \"changed\"\nimages: a: {distribution: \"debian\", version: lib.version}\n"),
			"cue.mod/module.cue": file("module: \"example.com/x@v0\"\nlanguage: version: \"v0.11.0\"\n"), "lib/lib.cue": file("package lib\nversion: string | *\"trixie\"\n"), "lib/more.cue": file("package lib\nversion: \"sid\"\n"),
		},
		"folders at the end of a pattern":            {"stemma.yaml": watch("d/**"), "d/a": file("a"), "d/e/f/.b": file("b")},
		"folders at the end of an alternative":       {"stemma.yaml": watch("{d/**,e}"), "d/a/b": file("a"), "e": file("b")},
		"folders as an alternative":                  {"stemma.yaml": watch("d/{**,x}"), "d/a/b": file("a"), "d/x": file("b")},
		"folders as the last of alternatives":        {"stemma.yaml": watch("d/{x,{y,**}}"), "d/a/b": file("a"), "d/x": file("b")},
		"folders in an alternative before the end":   {"stemma.yaml": watch("{d/**,e}/f"), "d/f": file("a"), "d/a/f": file("b"), "e/f": file("c")},
		"a dollar sign in a class":                   {"stemma.yaml": watch("d/[a$y]"), "d/a": file("a"), "d/$": file("b")},
		"a character that is no variable's, as such": {"stemma.yaml": watch("d/100%"), "d/100%": file("a")},
	}, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files[".gitlab-ci.yml"] = file("include: [{local: .gitlab/stemma.gitlab-ci.yml}]\n")
			checkChanges(t, files)
		})
	}
	for seed := uint64(0); seed < 3; seed += uint64(sample.Step(3)) {
		checkChanges(t, definitions.Generate(seed))
	}
}

// A version of stemma with another recipe changes tags although no file of theirs changes: the files that it compiles select the images.
func TestANewRecipeSelectsTheImagesThatItChanges(t *testing.T) {
	t.Parallel()
	recipes, err := schema.LoadRecipes()
	if err != nil {
		t.Fatal(err)
	}
	files := imagesOf(recipes)
	for _, children := range []string{"false", "true"} {
		files["stemma.yaml"] = &fstest.MapFile{Data: []byte("version: 1\nproject: group/project\nbuild: changed\nchildren: " + children + "\ninclude: ['images/*.yaml']\n")}
		before := compiledWith(t, files, recipes)
		for name, recipe := range recipes {
			if testing.Short() && name != "fedora" {
				continue
			}
			newer := maps.Clone(recipes)
			recipe.Install += "\ntrue"
			newer[name] = recipe
			after := compiledWith(t, files, newer)
			if diff := cmp.Diff(otherTags(before, after), builtAfter(t, files, after, changedFiles(before, after))); diff != "" {
				t.Errorf("children: %s, another recipe of %s: images with other tags (-) and with jobs (+) differ:\n%s", children, name, diff)
			}
		}
		var recipeFiles []string
		for _, recipe := range before.Pipeline.Recipes {
			recipeFiles = append(recipeFiles, recipe.File)
		}
		if got := builtAfter(t, files, before, recipeFiles); len(got) != len(before.Graph.Images) {
			t.Errorf("children: %s, another revision builds %q, want all images", children, got)
		}
	}
}

// imagesOf declares images of each distribution: one on its base, a child, and one of a Containerfile; and images that have no recipe of stemma.
func imagesOf(recipes schema.Recipes) fstest.MapFS {
	declared := map[string]string{
		"outside":    "containerfile: outside/Containerfile",
		"several":    "containerfile: several/Containerfile",
		"of-another": "base: {project: group/other, image: tools}, distribution: fedora",
	}
	files := fstest.MapFS{
		"images/own.yaml":       {Data: []byte("distributions: {own: {name: Own, base: registry.example.com/own, upgrade: a, install: a, available: a, missing: a, updates: a, clean: a}}\nimages: {own: {distribution: own}}\n")},
		"outside/Containerfile": {Data: []byte("FROM docker.io/library/debian:trixie\n")},
		"several/Containerfile": {Data: []byte("FROM fedora-child\nCOPY --from=debian-base / /\n")},
	}
	for name, recipe := range recipes {
		declared[name+"-base"] = "distribution: " + name
		if recipe.HasVersions() {
			declared[name+"-base"] += ", version: '1'"
		}
		declared[name+"-child"] = "base: " + name + "-base, packages: [git]"
		declared[name+"-file"] = "containerfile: " + name + "/Containerfile"
		files[name+"/Containerfile"] = &fstest.MapFile{Data: []byte("FROM " + name + "-child\n")}
	}
	for name, content := range declared {
		files["images/"+name+".yaml"] = &fstest.MapFile{Data: []byte("images: {" + name + ": {" + content + "}}\n")}
	}
	return files
}

func compiledWith(t *testing.T, files fstest.MapFS, recipes schema.Recipes) compiler.Result {
	t.Helper()
	result, found, err := compilertest.CompileWith(files, compiler.Options{Recipes: recipes})
	if err != nil || found.HasErrors() {
		t.Fatalf("the definition does not compile: %v\n%v", err, found)
	}
	return result
}

// otherTags are the names of the images whose tags differ, sorted.
func otherTags(before, after compiler.Result) (names []string) {
	for i, image := range after.Graph.Images {
		if image.Tag != before.Graph.Images[i].Tag {
			names = append(names, image.Name)
		}
	}
	slices.Sort(names)
	return names
}

// changedFiles are the paths of the compiled files that differ.
func changedFiles(before, after compiler.Result) (paths []string) {
	for _, file := range after.Files {
		if !slices.ContainsFunc(before.Files, func(old emit.File) bool { return old.Path == file.Path && bytes.Equal(old.Content, file.Content) }) {
			paths = append(paths, file.Path)
		}
	}
	return paths
}

// builtAfter are the names of the images that a merge request with these changed files builds, sorted.
func builtAfter(t *testing.T, files fstest.MapFS, result compiler.Result, changed []string) []string {
	t.Helper()
	files = maps.Clone(files)
	files[".gitlab-ci.yml"] = &fstest.MapFile{Data: []byte("include: [{local: .gitlab/stemma.gitlab-ci.yml}]\n")}
	for _, file := range result.Files {
		files[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	kind, _ := pipeline.Find("mr")
	p := pipeline.Evaluate(pipeline.Request{
		Project: &config.Project{Path: "group/project", Tree: files}, Kind: kind, Changed: rule.Changed{IsKnown: true, Paths: changed},
	})
	return slices.Sorted(maps.Keys(built(p)))
}

// checkChanges changes each file, and removes it.
func checkChanges(t *testing.T, files fstest.MapFS) {
	t.Helper()
	if _, found, err := compilertest.Compile(files); err != nil || found.HasErrors() {
		t.Fatalf("the definition does not compile: %v\n%v", err, found)
	}
	before := tags(t, files)
	for name, file := range files {
		changed, removed := maps.Clone(files), maps.Clone(files)
		changed[name] = &fstest.MapFile{Data: append(slices.Clone(file.Data), "\n# more\n"...)}
		delete(removed, name)
		for _, after := range []fstest.MapFS{changed, removed} {
			for image, tag := range tags(t, after) {
				if before[image] != tag && !isBuilt(t, after, name, image) {
					t.Errorf("no job builds %s where %s changes", image, name)
				}
			}
		}
	}
}

// tags are what images are made of, by name; nil where the definition does not compile.
func tags(t *testing.T, files fstest.MapFS) map[string]string {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil {
		t.Fatal(err)
	}
	if found.HasErrors() {
		return nil
	}
	tags := map[string]string{}
	for _, image := range result.Graph.Images {
		tags[image.Name] = image.Tag.String() + image.Inputs
	}
	return tags
}

// isBuilt reports whether a push to the default branch that changes a file builds an image.
func isBuilt(t *testing.T, files fstest.MapFS, changed, image string) bool {
	t.Helper()
	files = maps.Clone(files)
	result, _, err := compilertest.Compile(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range result.Files {
		files[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	kind, _ := pipeline.Find("default")
	p := pipeline.Evaluate(pipeline.Request{
		Project: &config.Project{Path: "group/project", Tree: files}, Kind: kind, Changed: rule.Changed{IsKnown: true, Paths: []string{changed}},
	})
	return built(p)[image]
}

// built has the names of the images that a pipeline and its children build.
func built(p *pipeline.Pipeline) map[string]bool {
	images := map[string]bool{}
	for _, job := range p.Jobs {
		if image, ok := strings.CutPrefix(job.Name, "build:"); ok {
			images[image] = true
		}
		if child, ok := p.Child(job); ok {
			maps.Copy(images, built(child))
		}
	}
	return images
}
