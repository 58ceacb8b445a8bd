package compiler_test

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
)

// chains declares n images in chains of ten.
func chains(n int) fstest.MapFS {
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nimages:\n")
	for i := range n {
		fmt.Fprintf(&b, "  image-%05d:\n    packages: [curl, package-%d]\n", i, i)
		if i%10 == 0 {
			b.WriteString("    distribution: debian\n    version: trixie\n")
		} else {
			fmt.Fprintf(&b, "    base: image-%05d\n", i-1)
		}
	}
	return fstest.MapFS{definition.YAMLFile: {Data: []byte(b.String())}}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("images=%d", n), func(b *testing.B) {
			files := chains(n)
			b.ReportAllocs()
			for b.Loop() {
				if _, found, err := compilertest.Compile(files); err != nil || len(found) > 0 {
					b.Fatal(found, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/image")
		})
	}
}

// together keeps the jobs of a definition in one pipeline.
func together(files fstest.MapFS) fstest.MapFS {
	files[definition.YAMLFile].Data = append(files[definition.YAMLFile].Data, "children: false\n"...)
	return files
}

func TestLargeDefinitionsAreSplit(t *testing.T) {
	t.Parallel()
	result, found, err := compilertest.Compile(together(chains(1000)))
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	if len(result.Files) < 3 {
		t.Fatalf("only %d files", len(result.Files))
	}
	jobs := 0
	var includes []string
	for _, file := range result.Files {
		if len(file.Content) > 2_000_000 {
			t.Errorf("%s has %d bytes", file.Path, len(file.Content))
		}
		jobs += strings.Count(string(file.Content), "\nbuild:")
		if file.Path == definition.OutputFile {
			var main struct {
				Include []struct{ Local string }
			}
			_, body, _ := strings.Cut(string(file.Content), "\n---\n")
			if err := yaml.Unmarshal([]byte(body), &main); err != nil {
				t.Fatal(err)
			}
			for _, include := range main.Include {
				includes = append(includes, include.Local)
			}
		}
	}
	if jobs != 1000 || len(includes) != len(result.Files)-2 || includes[0] != "/.gitlab/stemma/01.gitlab-ci.yml" {
		t.Errorf("%d jobs in %v", jobs, includes)
	}
}

func TestTooManyImagesForGitLabsIncludesAreRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		return // TestOutputThatExceedsGitLabsLimitsIsRefused does it without 300 MB of output
	}
	result, found, err := compilertest.Compile(together(chains(20000)))
	if err != nil || len(found) != 1 || found[0].Code != "limit" || !strings.Contains(found[0].Message, "150") || result.Files != nil {
		t.Fatal(found, err)
	}
}

// A tag changes exactly when the image would.
func TestContentTags(t *testing.T) {
	t.Parallel()
	base := func() fstest.MapFS {
		return fstest.MapFS{
			"stemma.yaml": {Data: []byte(`version: 1
images:
  base: {distribution: fedora, version: "43", packages: [curl], exec: sh a.sh, watch: [a.sh], tests: [{name: x, run: 'true'}]}
  child: {base: base}
  other: {distribution: fedora, version: "43"}
`)},
			"a.sh": {Data: []byte("true\n"), Mode: 0o644}, "unrelated": {Data: []byte("x")},
		}
	}
	edit := func(old, new string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			source := string(files["stemma.yaml"].Data)
			if !strings.Contains(source, old) {
				panic(old)
			}
			files["stemma.yaml"].Data = []byte(strings.Replace(source, old, new, 1))
		}
	}
	tests := map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"nothing":                   {func(fstest.MapFS) {}, ""},
		"another file":              {func(files fstest.MapFS) { files["unrelated"].Data = nil }, ""},
		"a watched file":            {func(files fstest.MapFS) { files["a.sh"].Data = []byte("false\n") }, "base child"},
		"its executable bit":        {func(files fstest.MapFS) { files["a.sh"].Mode = 0o755 }, "base child"},
		"packages":                  {edit("[curl]", "[curl, wget]"), "base child"},
		"a test":                    {edit("run: 'true'", "run: 'false'"), ""},
		"the order of the images":   {edit("  child: {base: base}\n  other: {distribution: fedora, version: \"43\"}\n", "  other: {version: \"43\", distribution: fedora}\n  child: {base: base}\n"), ""},
		"comments":                  {edit("images:", "# text\nimages:"), ""},
		"the child":                 {edit("{base: base}", "{base: base, env: {A: b}}"), "child"},
		"a default that all have":   {edit("images:", "defaults: {env: {A: b}}\nimages:"), "base child other"},
		"a default of one's own":    {edit("images:", "defaults: {distribution: fedora, version: \"43\"}\nimages:"), ""},
		"a tag of the base by hand": {edit("exec: sh a.sh", "tag: v1, exec: sh a.sh"), "base child"},
	}
	before := tags(t, base())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := base()
			test.change(files)
			after := tags(t, files)
			var changed []string
			for _, image := range []string{"base", "child", "other"} {
				if before[image] != after[image] {
					changed = append(changed, image)
				}
			}
			if got := strings.Join(changed, " "); got != test.want {
				t.Errorf("the tags of %q changed, want %q", got, test.want)
			}
		})
	}
}

func tags(t *testing.T, files fstest.MapFS) map[string]string {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil || found.HasErrors() {
		t.Fatal(found, err)
	}
	out := map[string]string{}
	for _, image := range result.Graph.Images {
		out[image.Name] = image.Tag.String()
	}
	return out
}

func TestTagsAreTheSameOnEveryMachine(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"stemma.yaml":     {Data: []byte("version: 1\nimages: {base: {containerfile: c/Containerfile}}\n")},
		"c/Containerfile": {Data: []byte("FROM docker.io/library/debian:trixie\n")},
	}
	if got := tags(t, files)["base"]; got != "9e6147e6a6e05083" {
		t.Errorf("the tag is %s: whoever changes what a tag is made of gives every image of every project another tag; then raise the format's number", got)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"version: 1\nimages: {a: {distribution: fedora, version: \"43\"}, b: {base: a}}\n",
		"version: 1\nimages: {a: {containerfile: Containerfile, args: {X: 'a'}}}\n",
		"version: 1\ndefaults: {labels: {a: b}}\nimages: {a: &a {base: docker.io/x/y:1}, b: *a}\n",
		"a: &a [*a]\n", "- \n", "? {}\n", "\"\\u0000\": 1\n", "version: 1\nimages: {a: {release: [{}]}}\n", "version: 1\ninclude: ['**']\n",
		"images:\n  a: [\"x\n b: '\n-\t|\n", "a\u00a0: ]\n  b:c\n---\n<<<<<<< x\n", "a: {]\n c: *\n  d = 1\n", "images:\n  a:\n  base: b\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		result, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": {Data: source}, "Containerfile": {Data: []byte("FROM scratch\n")}})
		if err != nil {
			t.Fatal(err)
		}
		if found.HasErrors() != (result.Files == nil) {
			t.Errorf("findings %v and %d files", found, len(result.Files))
		}
		for _, file := range result.Files {
			var document map[string]any
			_, body, _ := strings.Cut(string(file.Content), "\n---\n")
			if err := yaml.Unmarshal([]byte(body), &document); err != nil {
				t.Errorf("%v\n%s", err, file.Content)
			}
		}
	})
}

// ladder declares n images in two rows, each image built from both images of the row before.
func ladder(n int) fstest.MapFS {
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nimages:\n")
	files := fstest.MapFS{}
	for i := range n / 2 {
		for _, side := range []string{"a", "b"} {
			if i == 0 {
				fmt.Fprintf(&b, "  %s0: {distribution: debian, version: trixie}\n", side)
				continue
			}
			file := fmt.Sprintf("%s%d/Containerfile", side, i)
			fmt.Fprintf(&b, "  %s%d: {containerfile: %s}\n", side, i, file)
			files[file] = &fstest.MapFile{Data: fmt.Appendf(nil, "FROM a%d AS other\nFROM b%d\nCOPY --from=other /etc/os-release /\n", i-1, i-1)}
		}
	}
	files[definition.YAMLFile] = &fstest.MapFile{Data: []byte(b.String())}
	return files
}

// chain declares n images, each built from the one before.
func chain(n int) fstest.MapFS {
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nimages:\n  i0: {distribution: debian, version: trixie}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "  i%d: {base: i%d}\n", i, i-1)
	}
	return fstest.MapFS{definition.YAMLFile: {Data: []byte(b.String())}}
}

// onDisk writes files to a folder: a folder of a MapFS costs as much as all of its files.
func onDisk(tb testing.TB, files fstest.MapFS) fs.FS {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		tb.Fatal(err)
	}
	return os.DirFS(dir)
}

// What is walked by paths, and not by images, grows with the square of a chain and without bound in a ladder.
func TestLongLinesCostWhatTheyHold(t *testing.T) {
	few := 400
	if testing.Short() {
		few = 100
	}
	for name, declare := range map[string]func(int) fstest.MapFS{"chain": chain, "ladder": ladder} {
		cost := func(n int) uint64 {
			files := onDisk(t, declare(n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if result := compiled(t, files); len(result.Graph.Images) != n {
				t.Fatalf("%d images", len(result.Graph.Images))
			}
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		if small, large := cost(few), cost(10*few); large > 12*small {
			t.Errorf("%s: %d images cost %.1f times what %d cost, want at most 12", name, 10*few, float64(large)/float64(small), few)
		}
	}
}

func BenchmarkCompileLines(b *testing.B) {
	for name, declare := range map[string]func(int) fstest.MapFS{"chain": chain, "ladder": ladder} {
		b.Run(name, func(b *testing.B) {
			files := onDisk(b, declare(10000))
			for b.Loop() {
				if _, found, err := compilertest.Compile(files); err != nil || len(found) > 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}

// A name that no image has is compared with the names of all images.
func TestManyUnknownImagesCostWhatTheyAre(t *testing.T) {
	for key, declare := range map[string]string{"base": "  image-%d: {base: imige-%[1]d}\n", "after": "  image-%d: {distribution: debian, version: trixie, after: [imige-%[1]d]}\n"} {
		cost := func(n int) uint64 {
			var b strings.Builder
			b.WriteString("version: 1\nproject: group/project\nimages:\n")
			for i := range n {
				fmt.Fprintf(&b, declare, i)
			}
			files := onDisk(t, fstest.MapFS{definition.YAMLFile: {Data: []byte(b.String())}})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, found, err := compilertest.Compile(files)
			runtime.ReadMemStats(&after)
			if err != nil || len(found) != n || !strings.Contains(found[0].Message, `did you mean "image-0"?`) {
				t.Fatalf("%d findings, %v", len(found), err)
			}
			return after.TotalAlloc - before.TotalAlloc
		}
		if small, large := cost(300), cost(3000); large > 15*small {
			t.Errorf("%s: 3,000 unknown images cost %.1f times what 300 cost", key, float64(large)/float64(small))
		}
	}
}
