package zuul_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
	"gitlab.com/stemma-ci/stemma/internal/migrate/zuul"
)

// Whatever a configuration holds, there is a definition that compiles or an error, and never both or neither.
func FuzzImport(f *testing.F) {
	f.Add(pipelines("docker", "[{context: ., repository: acme/x, tags: ['{{ zuul.tag }}', 1.10], build_args: ['A=\"b c\"'], arch: [linux/arm64], siblings: [a.b/c], labels: [a=b]}]"))
	f.Add(pipelines("container", "[{context: ., registry: quay.io, repository: acme/x, container_filename: Dockerfile, path: ., target: t}]"))
	f.Add("- job: &a {name: build-a, vars: {x: !override {y: '{{ x }}'}, <<: {docker_images: '{{ x }}'}}}\n- project: {check: {jobs: [build-a: {vars: *a}]}}\n")
	f.Add("- secret: {name: s, data: {p: !encrypted/pkcs1-oaep [a]}}\n- job: {name: s, parent: s, secrets: s, requires: [a], dependencies: !inherit [b]}\n- project-template: {name: t}\n- project: {templates: t}\n")
	f.Fuzz(func(t *testing.T, content string) {
		tree := fstest.MapFS{"zuul.yaml": {Data: []byte(content)}, "Dockerfile": {Data: []byte("FROM scratch\n")}}
		files, report, found, err := zuul.Import(importer.Tree{FS: tree, Name: ".", Root: "x"}, importer.Target{Folder: "."})
		importertest.Check(t, tree, files, report, found, err)
	})
}

// BenchmarkImport reads the three jobs of each of 1,000 images, every one built on the one before.
func BenchmarkImport(b *testing.B) {
	tree := fstest.MapFS{}
	for i := range 1000 {
		name := fmt.Sprintf("image%03d", i)
		content := strings.NewReplacer("build-it", "build-"+name, "upload-it", "upload-"+name, "promote-it", "promote-"+name).
			Replace(pipelines("container", "[{context: "+name+", registry: quay.io, repository: quay.io/acme/"+name+", tags: [\"{{ zuul.tag is defined | ternary(zuul.get('tag', ''), 'latest') }}\"]}]"))
		tree["zuul.d/"+name+".yaml"] = &fstest.MapFile{Data: []byte(content)}
		parent := "scratch"
		if i > 0 {
			parent = fmt.Sprintf("quay.io/acme/image%03d", i-1)
		}
		tree[name+"/Dockerfile"] = &fstest.MapFile{Data: []byte("FROM " + parent + "\n")}
	}
	for b.Loop() {
		files, _, found, err := zuul.Import(importer.Tree{FS: tree, Name: ".", Root: "x"}, importer.Target{Folder: "."})
		if err != nil || len(files) != 1001 {
			b.Fatal(len(files), found, err)
		}
	}
}
