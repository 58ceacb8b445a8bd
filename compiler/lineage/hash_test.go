package lineage_test

import (
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// hashedFiles declare one image of packages and one of a Containerfile, whose fields the changes below edit.
var hashedFiles = map[string]string{
	"stemma.yaml": `version: 1
project: group/project
images:
  first: {distribution: fedora, version: "43"}
  other: {distribution: fedora, version: "43", packages: [git]}
  installed:
    base: first
    packages: [curl]
    exec: make
    watch: [a/*]
    platforms: [linux/amd64]
    expires: 3w
    labels: {name: value}
    env: {NAME: value}
    entrypoint: [/bin/sh]
    workdir: /src
    user: user
    users: {user: 1000}
    build: {env: {NAME: value}}
  built:
    containerfile: Containerfile
    context: a
    target: last
    args: {NAME: value}
    parents: {named: first}
    contexts: {files: a}
    sources: [{project: group/other, path: other}]
    build: {secrets: {token: TOKEN}}
`,
	"Containerfile": `FROM named AS last
ARG NAME
COPY --from=files / /
RUN --mount=type=secret,id=token true
FROM last AS later
`,
	"b/Containerfile": "FROM named AS last\n",
	"a/file":          "1",
	"b/file":          "2",
}

// change edits one field of one image.
type change struct {
	image string
	apply func(*definition.Image)
}

func at[T any](value T) definition.Located[T] {
	return definition.Located[T]{Value: value, Span: diagnostic.Span{File: "stemma.yaml", Line: 1}}
}

// changesOfFields has changes of fields to values that mean something in the files above, by their names. changed changes all other fields.
var changesOfFields = map[string]change{
	"Name":          {"built", func(i *definition.Image) { i.Name = "renamed" }},
	"Declared":      {"built", func(i *definition.Image) { i.Declared = nil }},
	"Incomplete":    {"built", func(i *definition.Image) { i.Incomplete = true }},
	"Distribution":  {"installed", func(i *definition.Image) { i.Distribution = at("debian") }},
	"Base":          {"installed", func(i *definition.Image) { i.Base = definition.Base{Image: "other"} }},
	"Containerfile": {"built", func(i *definition.Image) { i.Containerfile = at("b/Containerfile") }},
	"Context":       {"built", func(i *definition.Image) { i.Context = at("b") }},
	"Target":        {"built", func(i *definition.Image) { i.Target = at("later") }},
	"Args":          {"built", func(i *definition.Image) { i.Args[0].Value = "another" }},
	"Parents":       {"built", func(i *definition.Image) { i.Parents[0].Value.Image = "other" }},
	"Contexts":      {"built", func(i *definition.Image) { i.Contexts[0].Value = at("b") }},
	"Sources":       {"built", func(i *definition.Image) { i.Sources[0].Project = "group/another" }},
	"Watch":         {"installed", func(i *definition.Image) { i.Watch[0] = at("b/*") }},
	"Platforms":     {"installed", func(i *definition.Image) { i.Platforms = append(i.Platforms, "linux/arm64") }},
	"Users":         {"installed", func(i *definition.Image) { i.Users["user"] = 1001 }},
	"Build.Secrets": {"built", func(i *definition.Image) { i.Build.Secrets[0].Variable = "OTHER" }},
	"Build.Cache":   {"built", func(i *definition.Image) { i.Build.Cache = true }},
	"Manual":        {"installed", func(i *definition.Image) { i.Manual = definition.ManualStart }},
}

// elsewhere are the fields that a change of the field alone does not show.
var elsewhere = map[string]string{
	"Tag":     "TestTagByHand",
	"Runners": "TestRunnersAreNotHashed",
}

// TestEachFieldIsHashedAsItsTagSays changes each field of an image and expects another hash of its inputs exactly where the field's
// tag says so, and no other hash of any image that is not built on it.
func TestEachFieldIsHashedAsItsTagSays(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	for _, f := range schema.Leaves(reflect.TypeFor[definition.Image]()) {
		field := f.Name
		fields[field] = true
		if f.Hash != "yes" && f.Hash != "no" {
			t.Errorf("the field %s has the tag hash:%q, want yes or no", field, f.Hash)
		}
		if _, ok := elsewhere[field]; ok {
			continue
		}
		edit, ok := changesOfFields[field]
		if !ok {
			edit = change{"installed", func(i *definition.Image) { changed(t, reflect.ValueOf(i).Elem().FieldByIndex(f.Index)) }}
		}
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			before, _ := inputs(t, hashedFiles, nil)
			after, tags := inputs(t, hashedFiles, func(d *definition.Definition) { edit.apply(imageOf(t, d, edit.image)) })
			for name := range before {
				want := name == edit.image && f.Hash == "yes"
				if got := before[name] != after[name]; got != want {
					t.Errorf("the hash of %s changed is %v, want %v", name, got, want)
				}
			}
			if got := tags[edit.image]; got != after[edit.image][:schema.ContentTagLength] {
				t.Errorf("the tag is %s, want the beginning of the hash %s", got, after[edit.image])
			}
		})
	}
	for field := range changesOfFields {
		if !fields[field] {
			t.Errorf("an image has no field %s", field)
		}
	}
}

// changed gives a field another value.
func changed(t *testing.T, field reflect.Value) {
	t.Helper()
	switch field.Kind() {
	case reflect.String:
		field.SetString(field.String() + "x")
	case reflect.Bool:
		field.SetBool(!field.Bool())
	case reflect.Int, reflect.Int64:
		field.SetInt(field.Int() + 1)
	case reflect.Slice:
		entry := reflect.New(field.Type().Elem()).Elem()
		changed(t, entry)
		field.Set(reflect.Append(field, entry))
	case reflect.Struct:
		changed(t, field.Field(0))
	default:
		t.Errorf("no change is known for a field of the type %s: add one to changesOfFields", field.Type())
	}
}

// inputs returns the hashes and the tags of images by the names that they have in files, edited or not.
func inputs(t *testing.T, files map[string]string, edit func(*definition.Definition)) (hashes, tags map[string]string) {
	t.Helper()
	d := load(t, files)
	names := make(map[*definition.Image]string, len(d.Images))
	for _, image := range d.Images {
		names[image] = image.Name
	}
	if edit != nil {
		edit(d)
	}
	graph, _ := graphOf(t, d, files)
	hashes, tags = map[string]string{}, map[string]string{}
	for _, image := range graph.Images {
		hashes[names[image.Image]], tags[names[image.Image]] = image.Inputs, image.Tag.String()
	}
	return hashes, tags
}

func imageOf(t *testing.T, d *definition.Definition, name string) *definition.Image {
	t.Helper()
	i := slices.IndexFunc(d.Images, func(image *definition.Image) bool { return image.Name == name })
	if i < 0 {
		t.Fatalf("there is no image %s", name)
	}
	return d.Images[i]
}

func TestTagByHand(t *testing.T) {
	t.Parallel()
	const content, byHand = `images: {a: {distribution: fedora, version: "43"}}`, `images: {a: {distribution: fedora, version: "43", tag: v1}}`
	before, _ := inputs(t, map[string]string{"stemma.yaml": "version: 1\n" + content + "\n"}, nil)
	after, tags := inputs(t, map[string]string{"stemma.yaml": "version: 1\n" + byHand + "\n"}, nil)
	if before["a"] != after["a"] {
		t.Errorf("the hash is %s, want %s as without the tag", after["a"], before["a"])
	}
	if tags["a"] != "v1" {
		t.Errorf("the tag is %q, want v1", tags["a"])
	}
}

func TestRunnersAreNotHashed(t *testing.T) {
	t.Parallel()
	before, _ := inputs(t, hashedFiles, nil)
	other := maps.Clone(hashedFiles)
	other["stemma.yaml"] = strings.Replace(other["stemma.yaml"], "    exec: make\n", "    exec: make\n    runners: {default: [docker]}\n", 1)
	after, _ := inputs(t, other, nil)
	if before["installed"] != after["installed"] {
		t.Errorf("the hash is %s, want %s as without runners", after["installed"], before["installed"])
	}
}

// TestAllMembersAreHashed changes members of fields that are lists, maps or structs, which one change for each field does not reach.
func TestAllMembersAreHashed(t *testing.T) {
	t.Parallel()
	changes := map[string]change{
		"the name of a label":          {"installed", func(i *definition.Image) { i.Labels[0].Name = "another" }},
		"the name of a variable":       {"installed", func(i *definition.Image) { i.Env[0].Name = "ANOTHER" }},
		"the name of a build variable": {"installed", func(i *definition.Image) { i.Build.Env[0].Name = "ANOTHER" }},
		"the name of a user":           {"installed", func(i *definition.Image) { i.Users = map[string]int64{"another": 1000} }},
		"the order of packages": {"installed", func(i *definition.Image) {
			i.Packages = append([]definition.Located[string]{at("wget")}, i.Packages...)
		}},
		"a secret that is a file": {"built", func(i *definition.Image) { i.Build.Secrets[0].IsFile = true }},
		"the branch of a source":  {"built", func(i *definition.Image) { i.Sources[0].Ref = "stable" }},
		"the folder of a source":  {"built", func(i *definition.Image) { i.Sources[0].Path = at("elsewhere") }},
		"a base that is no longer named": {"installed", func(i *definition.Image) {
			i.Base = definition.Base{}
			i.Distribution = at("fedora")
			i.Version = at("43")
		}},
		"no Containerfile's own names":    {"built", func(i *definition.Image) { i.Parents = nil }},
		"a second place that is watched":  {"installed", func(i *definition.Image) { i.Watch = append(i.Watch, at("b/file")) }},
		"a user without users":            {"installed", func(i *definition.Image) { i.Users = nil }},
		"an entrypoint that is one path":  {"installed", func(i *definition.Image) { i.Entrypoint = schema.Entrypoint{Path: "/bin/sh"} }},
		"arguments that are joined words": {"installed", func(i *definition.Image) { i.Packages = []definition.Located[string]{at("curl wget")} }},
	}
	for name, edit := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, _ := inputs(t, hashedFiles, nil)
			after, _ := inputs(t, hashedFiles, func(d *definition.Definition) { edit.apply(imageOf(t, d, edit.image)) })
			if before[edit.image] == after[edit.image] {
				t.Errorf("the hash of %s is still %s", edit.image, after[edit.image])
			}
		})
	}
}

// TestOrderOfMapsIsNotHashed writes the entries of each map in another order.
func TestOrderOfMapsIsNotHashed(t *testing.T) {
	t.Parallel()
	const definitionOf = "version: 1\nimages: {a: {distribution: fedora, version: \"43\", labels: {LABELS}, env: {ENV}, build: {env: {ENV}}, users: {USERS}}}\n"
	forms := func(labels, env, users string) map[string]string {
		return map[string]string{"stemma.yaml": strings.NewReplacer("LABELS", labels, "ENV", env, "USERS", users).Replace(definitionOf)}
	}
	one, _ := inputs(t, forms("a: one, b: two", "A: one, B: two", "a: 1, b: 2"), nil)
	two, _ := inputs(t, forms("b: two, a: one", "B: two, A: one", "b: 2, a: 1"), nil)
	if one["a"] != two["a"] {
		t.Errorf("the hash is %s, want %s as in the other order", two["a"], one["a"])
	}
}

// TestKnownTags holds tags of an earlier version: another one would rebuild every image of every project.
func TestKnownTags(t *testing.T) {
	t.Parallel()
	_, got := inputs(t, hashedFiles, nil)
	want := map[string]string{"first": "f0491c4f2a52aa4e", "other": "6cf78de6bcb41de2", "installed": "ba5b7062b079a35e", "built": "8f4c152882cb614c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got): %s", diff)
	}
}

// tagsOfRevisions are the tags of the images of one project, and the key of its tests. Add an entry for a new revision; never change one.
var tagsOfRevisions = map[string]map[string]string{
	"1": {
		"first": "82e59f9c9e1ce89f", "other": "eec54b8005126c0c", "installed": "04e06c615c8e20bd", "built": "7b2778a24ccc8410", "ignoring": "afaeacd362de5bd9",
		"the tests of ignoring": "28c7f81f38f0f49f",
	},
}

// A change of stemma that gives images other tags needs a new revision: without one, no job builds an image whose files are as they were.
func TestOtherTagsHaveAnotherRevision(t *testing.T) {
	t.Parallel()
	files := maps.Clone(hashedFiles)
	files["stemma.yaml"] += "  ignoring: {containerfile: c/Containerfile, after: [first], tests: [{name: it runs, run: make}], checks: {maxSize: 1GB}}\n"
	files["c/Containerfile"] = "FROM first AS a\nFROM registry.example.com/b:1\nCOPY --from=a / /\nCOPY <<EOF /c\n$NAME\nEOF\n"
	files["c/.containerignore"] = "*.log\n!kept.log\n"
	files["c/a.log"], files["c/kept.log"], files["c/d/file"] = "ignored", "kept", "content"
	files["symlinks"] = "c/link d/file"
	var found diagnostic.List
	graph := lineage.New(load(t, files), mapFS(files), schema.Recipes{"fedora": {Name: "Fedora", Base: "registry.example.com/fedora:{version}"}}, pins{}, &found)
	got := map[string]string{}
	for _, image := range graph.Images {
		got[image.Name] = image.Tag.String()
		if required := schema.RequiredTests(image.Tests, image.Checks); required != "" {
			got["the tests of "+image.Name] = required
		}
	}
	if diff := cmp.Diff(tagsOfRevisions[lineage.Revision], got); diff != "" || found.HasErrors() {
		t.Errorf("%v\ntags of revision %s (-want +got): %s", found, lineage.Revision, diff)
	}
}

func load(t *testing.T, files map[string]string) *definition.Definition {
	t.Helper()
	var found diagnostic.List
	d, err := definition.Load(mapFS(files), yamlOnly{}, &found)
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	return d
}

// graphOf returns the graph without a lock, and what was found.
func graphOf(t *testing.T, d *definition.Definition, files map[string]string) (*lineage.Graph, diagnostic.List) {
	t.Helper()
	return graphWith(t, d, files, nil)
}

func graphWith(t *testing.T, d *definition.Definition, files map[string]string, lock pins) (*lineage.Graph, diagnostic.List) {
	t.Helper()
	recipes, err := schema.LoadRecipes()
	if err != nil {
		t.Fatal(err)
	}
	var found diagnostic.List
	return lineage.New(d, mapFS(files), recipes, lock, &found), found.Sorted()
}

func mapFS(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	for name, target := range pairs(files["symlinks"]) {
		out[name] = &fstest.MapFile{Data: []byte(target), Mode: 0o777 | fs.ModeSymlink}
	}
	return out
}
