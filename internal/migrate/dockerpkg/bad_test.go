package dockerpkg_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/dockerpkg"
)

// tree makes a tree of files, whose changelogs and templates are short where nothing else is said.
func tree(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

func entry(name, version string) string {
	return fmt.Sprintf("%s (%s) acme; urgency=medium\n", name, version)
}

func TestMistakesAreFoundAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		files  map[string]string
		config string
		want   []string
	}{
		{
			name: "templates",
			files: map[string]string{
				"a/changelog": entry("a", "1"), "a/Dockerfile.template": "FROM x\nRUN {{ nothing }}\nRUN {{ 'x' | apt_instal }}\n",
				"b/changelog": entry("b", "1"), "b/Dockerfile.template": "{% include 'Dockerfile.template' %}",
				"c/changelog": entry("c", "1"), "c/Dockerfile.template": "{% for a in range(2000000) %}{% endfor %}",
				"d/changelog": entry("d", "1"), "d/Dockerfile.template": "FROM {{ 'aa' | image_tag }}\nUSER {{ 'jo' | add_user }}{{ 'x' | upstream_version }}",
				"e/changelog": entry("e", "1"), "e/Dockerfile.template": "{% include '../secret' %}{% include 'part' %}", "e/part": "\n{{ oops }}",
			},
			want: []string{
				`t/a/Dockerfile.template:3:14: there is no filter "apt_instal"; did you mean "apt_install"?`,
				"t/b/Dockerfile.template:1:4: templates or macros are nested more than 100 deep; does one use itself?",
				"t/c/Dockerfile.template:1:13: the template takes more than 1000000 steps; does a loop never end?",
				`t/d/Dockerfile.template:1:16: image_tag: there is no image "aa" in the tree or among base_images; did you mean "a"?`,
				`t/d/Dockerfile.template:2:16: add_user: known_uid_mappings has no number for the user "jo"`,
				`t/d/Dockerfile.template:2:36: upstream_version: "x" has no tag`,
				`t/e/Dockerfile.template:1:4: the template "../secret" cannot be read: a template reads files of its own folder only`,
				"t/e/part:2:4: 'oops' is undefined",
			},
		},
		{
			name: "undefined",
			files: map[string]string{
				"a/changelog": entry("a", "1"), "a/Dockerfile.template": "FROM x\nRUN {{ nothing }}\nRUN {{ 'x' ~ more }}\n",
			},
			want: []string{"t/a/Dockerfile.template:2:8: 'nothing' is undefined", "t/a/Dockerfile.template:3:14: 'more' is undefined"},
		},
		{
			name: "changelogs",
			files: map[string]string{
				"a/changelog": "", "a/Dockerfile.template": "FROM x",
				"b/changelog": "\nb 1.0 acme\n", "b/Dockerfile.template": "FROM x",
				"c/changelog": entry("c", "1_0"), "c/Dockerfile.template": "FROM {{ 'a' | image_tag }}",
				"d/changelog": entry("Big", "1"), "d/Dockerfile.template": "FROM {{ 'a' | image_tag }}",
			},
			want: []string{
				"t/a/changelog:1: the changelog is empty",
				"t/b/changelog:2: an entry of a changelog begins with `name (version) distribution; urgency=…`",
				`t/c/changelog:1: "1_0" is no version: it has letters, digits and . + : ~ -`,
				`t/d/changelog:1:1: "Big" cannot be the name of an image here: it has lower-case letters and digits, single '.', '_' or '-' between them, at most two segments joined by '/', and at most 100 characters`,
			},
		},
		{
			name: "control",
			files: map[string]string{
				"a/changelog": entry("a", "1"), "a/Dockerfile.template": "FROM x", "a/control": "Package: a\nDepends: bse,\n b | c\nrubbish\n",
				"base/changelog": entry("base", "1"), "base/Dockerfile.template": "FROM x",
			},
			want: []string{
				`t/a/control:2:1: Depends names "bse", and there is no such image in the tree; did you mean "base"?`,
				`t/a/control:3: Depends names "b | c", which is no name of an image`,
				"t/a/control:4: a line of a control file is `Field: value`, or begins with a blank",
			},
		},
		{
			name:  "a folder",
			files: map[string]string{"a\x1ab/changelog": entry("a", "1"), "a\x1ab/Dockerfile.template": "FROM x"},
			want:  []string{"t/a\x1ab/changelog:1:1: the folder of a has a character that no path here may have"},
		},
		{
			name: "duplicates and cycles",
			files: map[string]string{
				"a/changelog": entry("a", "1"), "a/Dockerfile.template": "FROM {{ 'b' | image_tag }}",
				"b/changelog": entry("b", "1"), "b/Dockerfile.template": "FROM x", "b/control": "Depends: c\n",
				"c/changelog": entry("c", "1"), "c/Dockerfile.template": "FROM x\nCOPY --from={{ 'a' | image_tag }} /x /x",
				"d/changelog": entry("d", "1"), "d/Dockerfile.template": "FROM {{ 'd' | image_tag }}",
				"e/changelog": entry("a", "2"), "e/Dockerfile.template": "FROM x",
			},
			want: []string{
				"t/c/Dockerfile.template:2:22: the images are built from one another in a circle: a → b → c → a",
				"t/d/Dockerfile.template:1:15: the images are built from one another in a circle: d → d",
				`t/e/changelog:1:1: the image "a" is defined twice`,
			},
		},
		{
			name: "names that fall together",
			files: map[string]string{
				"a/changelog": entry("go1.19", "1"), "a/Dockerfile.template": "FROM x",
				"b/changelog": entry("go1-19", "1"), "b/Dockerfile.template": "FROM x",
			},
			want: []string{`t/b/changelog:1:1: "go1.19" and "go1-19" are one name where only letters, digits and _ are allowed`},
		},
		{
			name:   "configuration",
			files:  map[string]string{"a/changelog": entry("a", "1"), "a/Dockerfile.template": "FROM x"},
			config: "registry: [x]\nbase_images: x\n1: 2\nknown_uid_mappings:\n",
			want: []string{
				"c.yaml:1:11: registry is a text",
				"c.yaml:2:14: base_images is a list of texts",
				"c.yaml:3:1: a key of the configuration is a text, and not 1",
				"c.yaml:4:20: known_uid_mappings is a mapping of users to numbers",
			},
		},
		{name: "YAML", config: "a: 1\nb: ]\n", want: []string{"c.yaml:2: the configuration cannot be read: did not find expected node content"}},
		{name: "a configuration of no keys", config: "- a\n", want: []string{"c.yaml:1:1: the configuration is no mapping of keys"}},
		{name: "no images", files: map[string]string{"a/changelog": ""}, want: []string{"t: no folder has both a Dockerfile.template and a changelog"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := dockerpkg.Source{Tree: tree(c.files), Name: "t", Config: []byte(c.config), ConfigName: "c.yaml"}
			files, _, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "t"})
			if err != nil || len(files) > 0 {
				t.Errorf("%d files, %v", len(files), err)
			}
			var got []string
			for _, finding := range found {
				got = append(got, finding.Span.String()+": "+finding.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFaultsOfDockerPkgAreNotKept has what docker-pkg does wrong, and what is done instead.
func TestFaultsOfDockerPkgAreNotKept(t *testing.T) {
	t.Parallel()
	source := dockerpkg.Source{
		Tree: tree(map[string]string{
			"a/changelog": entry("a", "1.2-3"), "a/Dockerfile.template": "FROM {{ 'base' | image_tag }}\nRUN {{ 'a' | image_tag | upstream_version }}",
			"b/changelog": entry("b", "1"), "b/Dockerfile.template": "FROM {{ 'a' | image_tag }}",
		}),
		Name: "t", Config: []byte("registry: reg.example.org:5000\nbase_images: ['reg.example.org:5000/base:1']\n"), ConfigName: "c.yaml",
	}
	files, found, err := dockerpkg.Render(source)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	want := []string{"FROM reg.example.org:5000/base:1\nRUN 1.2", "FROM reg.example.org:5000/a:1.2-3"}
	for n, file := range files {
		if string(file.Content) != want[n] {
			t.Errorf("a registry with a port: %s is %q", file.Path, file.Content)
		}
	}
	imported, _, _, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "t", Copy: true})
	if err != nil {
		t.Fatal(err)
	}
	if parents := compile(t, imported).Graph.Images[1].Parents; len(parents) != 1 || parents[0].Image == nil {
		t.Errorf("a parent that control does not name is lost: %v", parents)
	}
}

// TestStagesAreNotTakenForImages has stages with the names of images: what is named behind them is the stage.
func TestStagesAreNotTakenForImages(t *testing.T) {
	t.Parallel()
	source := dockerpkg.Source{
		Tree: tree(map[string]string{
			"base/changelog": entry("base", "1"), "base/Dockerfile.template": "FROM x",
			"tool/changelog": entry("tool", "1"), "tool/Dockerfile.template": "FROM x",
			"app/changelog": entry("app", "1"), "app/Dockerfile.template": `FROM {{ "base" | image_tag }} AS Base
FROM {{ "tool" | image_tag }}
FROM base
COPY --from=base /a /a
COPY --from={{ "base" | image_tag }} /b /b
COPY --from={{ "tool" | image_tag }} /b /b
`,
		}),
		Name: "t", Config: []byte("registry: r.example.org\nbase_images: ['r.example.org/tool:2']\n"), ConfigName: "c.yaml",
	}
	files, report, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "t"})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	want := `ARG IMAGE_BASE=base
ARG IMAGE_TOOL=tool
FROM ${IMAGE_BASE} AS Base
FROM ${IMAGE_TOOL}
FROM base
COPY --from=base /a /a
COPY --from=r.example.org/base:1 /b /b
COPY --from=tool /b /b
`
	if diff := cmp.Diff(want, string(files[1].Content)); diff != "" {
		t.Error(diff)
	}
	_, look := report.Remarks()
	got := []string{look[0].At.String(), look[3].At.String()}
	if diff := cmp.Diff([]string{"c.yaml:1:1", "t/app/Dockerfile.template:5:25"}, got); diff != "" {
		t.Errorf("%s%v", diff, look)
	}
}

// forest is a tree of many folders: unlike a MapFS it finds each without looking at all.
type forest map[string]fstest.MapFS

func (f forest) plant(name, template string) {
	f[name] = tree(map[string]string{"changelog": entry(name, "1"), "Dockerfile.template": template})
}

func (f forest) Open(name string) (fs.File, error) {
	folder, file, below := strings.Cut(name, "/")
	if !below {
		return fstest.MapFS{name: {Mode: fs.ModeDir}}.Open(name)
	}
	return f[folder].Open(file)
}

func (f forest) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return f[name].ReadDir(".")
	}
	var out []fs.DirEntry
	for _, folder := range slices.Sorted(maps.Keys(f)) {
		info, err := fs.Stat(fstest.MapFS{folder: {Mode: fs.ModeDir}}, folder)
		if err != nil {
			return nil, err
		}
		out = append(out, fs.FileInfoToDirEntry(info))
	}
	return out, nil
}

// TestLongChainsAndLaddersAreLinear imports 10,000 images in a row, and 2 × 5,000 that are all built on both before them.
func TestLongChainsAndLaddersAreLinear(t *testing.T) {
	t.Parallel()
	chain, ladder := forest{}, forest{}
	images := 10_000
	if testing.Short() {
		images = 1_000
	}
	for i := range images {
		name, row := fmt.Sprintf("i%d", i), i/2*2-2
		chain.plant(name, fmt.Sprintf("FROM {{ 'i%d' | image_tag }}", i-1))
		ladder.plant(name, fmt.Sprintf("FROM {{ 'i%d' | image_tag }} AS x\nFROM {{ 'i%d' | image_tag }}\nCOPY --from=x / /", row, row+1))
	}
	chain.plant("i0", "FROM x")
	ladder.plant("i0", "FROM x")
	ladder.plant("i1", "FROM x")
	for _, files := range []forest{chain, ladder} {
		source := dockerpkg.Source{Tree: files, Name: "t", ConfigName: "c.yaml"}
		start := time.Now()
		imported, _, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "t"})
		if err != nil || len(found) > 0 || len(imported) != 2*images+1 {
			t.Fatalf("%d files, %v, %v", len(imported), found, err)
		}
		if spent := time.Since(start); spent > 20*time.Second { // two seconds, with room for slow machines
			t.Errorf("%v for %d images", spent, images)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add(entry("a", "1"), "FROM {{ 'b' | image_tag }}\nRUN <<EOF\nFROM x\nEOF\n", "Depends: b\n", "registry: r\n")
	f.Add("# x\n", "{% for a in b %}{% endfor %}", " x", "a: &a [*a]")
	f.Fuzz(func(t *testing.T, changelog, template, control, config string) {
		source := dockerpkg.Source{
			Tree: tree(map[string]string{
				"a/changelog": changelog, "a/Dockerfile.template": template, "a/control": control,
				"b/changelog": entry("b", "1"), "b/Dockerfile.template": "FROM x\n",
			}),
			Name: "t", Config: []byte(config), ConfigName: "c.yaml",
		}
		files, _, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "t"})
		if err != nil {
			t.Fatal(err)
		}
		if found.HasErrors() == (len(files) > 0) {
			t.Errorf("%d files and %v", len(files), found)
		}
		for _, finding := range found {
			if strings.TrimSpace(finding.Message) == "" {
				t.Error("a finding says nothing")
			}
		}
	})
}
