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

// changesOfFields has a change for each field of an image, by its path in the struct.
var changesOfFields = map[string]change{
	"Name":           {"built", func(i *definition.Image) { i.Name = "renamed" }},
	"Span":           {"installed", func(i *definition.Image) { i.Span.Line++ }},
	"Declarations":   {"installed", func(i *definition.Image) { i.Declarations = []string{"image.yaml"} }},
	"Incomplete":     {"built", func(i *definition.Image) { i.Incomplete = true }},
	"Distribution":   {"installed", func(i *definition.Image) { i.Distribution = at("debian") }},
	"Version":        {"installed", func(i *definition.Image) { i.Version = at("44") }},
	"Base":           {"installed", func(i *definition.Image) { i.Base = definition.Base{Image: "other"} }},
	"Packages":       {"installed", func(i *definition.Image) { i.Packages = append(i.Packages, at("wget")) }},
	"Exec":           {"installed", func(i *definition.Image) { i.Exec = at("make install") }},
	"Containerfile":  {"built", func(i *definition.Image) { i.Containerfile = at("b/Containerfile") }},
	"Context":        {"built", func(i *definition.Image) { i.Context = at("b") }},
	"Target":         {"built", func(i *definition.Image) { i.Target = at("later") }},
	"Args":           {"built", func(i *definition.Image) { i.Args[0].Value = "another" }},
	"Parents":        {"built", func(i *definition.Image) { i.Parents[0].Base.Image = "other" }},
	"Contexts":       {"built", func(i *definition.Image) { i.Contexts[0].Path = at("b") }},
	"After":          {"installed", func(i *definition.Image) { i.After = append(i.After, at("other")) }},
	"Sources":        {"built", func(i *definition.Image) { i.Sources[0].Project = "group/another" }},
	"Watch":          {"installed", func(i *definition.Image) { i.Watch[0] = at("b/*") }},
	"TagFile":        {"installed", func(i *definition.Image) { i.TagFile = "a/file" }},
	"Platforms":      {"installed", func(i *definition.Image) { i.Platforms = append(i.Platforms, "linux/arm64") }},
	"Tests":          {"installed", func(i *definition.Image) { i.Tests = append(i.Tests, definition.Test{Name: "a", Run: "true"}) }},
	"Release":        {"installed", func(i *definition.Image) { i.Release = []definition.Release{} }},
	"Dependents":     {"installed", func(i *definition.Image) { i.Dependents = []definition.Dependent{{Project: "group/a"}} }},
	"Updates":        {"installed", func(i *definition.Image) { i.Updates.Packages = true }},
	"Expires":        {"installed", func(i *definition.Image) { i.Expires = "4w" }},
	"Labels":         {"installed", func(i *definition.Image) { i.Labels[0].Value = "another" }},
	"Env":            {"installed", func(i *definition.Image) { i.Env[0].Value = "another" }},
	"Entrypoint":     {"installed", func(i *definition.Image) { i.Entrypoint = []string{"/bin/bash"} }},
	"EntrypointPath": {"installed", func(i *definition.Image) { i.EntrypointPath = "/bin/bash" }},
	"Workdir":        {"installed", func(i *definition.Image) { i.Workdir = "/build" }},
	"User":           {"installed", func(i *definition.Image) { i.User = "1000" }},
	"Users":          {"installed", func(i *definition.Image) { i.Users["user"] = 1001 }},
	"Build.Env":      {"installed", func(i *definition.Image) { i.Build.Env[0].Value = "another" }},
	"Build.Secrets":  {"built", func(i *definition.Image) { i.Build.Secrets[0].Variable = "OTHER" }},
	"Build.Timeout":  {"installed", func(i *definition.Image) { i.Build.Timeout++ }},
	"Build.Cache":    {"built", func(i *definition.Image) { i.Build.Cache = true }},
	"Proxy":          {"installed", func(i *definition.Image) { i.Proxy.Build = "http://proxy:3128" }},
	"Limits":         {"installed", func(i *definition.Image) { i.Limits.Memory = 1 << 30 }},
	"Checks":         {"installed", func(i *definition.Image) { i.Checks.MaxSize = 1 << 30 }},
	"Stages":         {"installed", func(i *definition.Image) { i.Stages.Build = "images" }},
	"Manual":         {"installed", func(i *definition.Image) { i.Manual = definition.ManualStart }},
	"Publish":        {"installed", func(i *definition.Image) { i.Publish = at(true) }},
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
	fields := hashTags(t, reflect.TypeFor[definition.Image](), "")
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := elsewhere[field]; ok {
			continue
		}
		edit, ok := changesOfFields[field]
		if !ok {
			t.Errorf("no change is known for the field %s: add one", field)
			continue
		}
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			before, _ := inputs(t, hashedFiles, nil)
			after, tags := inputs(t, hashedFiles, func(d *definition.Definition) { edit.apply(imageOf(t, d, edit.image)) })
			for name := range before {
				want := name == edit.image && fields[field] == "yes"
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
		if _, ok := fields[field]; !ok {
			t.Errorf("an image has no field %s", field)
		}
	}
}

// hashTags returns the tag `hash` of each field; a struct without one has them on its own fields.
func hashTags(t *testing.T, structure reflect.Type, prefix string) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for i := range structure.NumField() {
		field := structure.Field(i)
		switch tag := field.Tag.Get("hash"); {
		case tag == "yes", tag == "no":
			fields[prefix+field.Name] = tag
		case tag == "" && field.Type.Kind() == reflect.Struct:
			maps.Copy(fields, hashTags(t, field.Type, prefix+field.Name+"."))
		default:
			t.Errorf("the field %s%s has the tag hash:%q, want yes or no", prefix, field.Name, tag)
		}
	}
	return fields
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
		"an entrypoint that is one path":  {"installed", func(i *definition.Image) { i.Entrypoint, i.EntrypointPath = nil, "/bin/sh" }},
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
