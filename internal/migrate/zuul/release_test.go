package zuul_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// release is an image with its release, or with none.
func release(tags string) string {
	if tags == "" {
		return "  x:\n    containerfile: Dockerfile\n    release: []\n"
	}
	return "  x:\n    containerfile: Dockerfile\n    release:\n      - repository: docker.io/acme/x\n        tags: [" + tags + "]\n"
}

// The tags of an entry, as the job of a promotion or of a pipeline of git tags has them.
func TestTagsAreThoseOfBranchesAndOfGitTags(t *testing.T) {
	t.Parallel()
	withVars := func(vars, tags string) tree {
		return tree{"zuul.yaml": `
- job: {name: upload-it, parent: upload-docker-image, vars: {` + vars + `docker_images: [{context: ., repository: acme/x, tags: ` + tags + `}]}}
- project:
    gate: {jobs: [upload-it: {vars: {upload_docker_image_promote: false}}]}
    release: {jobs: [upload-it: {vars: {upload_docker_image_promote: false}}]}
`}
	}
	with := func(tags string) tree { return withVars("", tags) }
	fixed := func(tags string) string {
		return "zuul.yaml:2: x: a pipeline of git tags pushes it as " + tags + ": one sets only tags with {version}, {major} or {minor} in them\n"
	}
	keepsV := "zuul.yaml:2: x: for a git tag v1.2.3 Zuul keeps the v in the tags of the image; here they are those of 1.2.3\n"
	left := func(tag, why string) string {
		return `zuul.yaml:2: tags: "` + tag + `": ` + why + "; the tag is left out\n"
	}
	check(t, []conversion{
		{"of every version", with(`"{{ zuul.tag is defined | ternary([zuul.get('tag', '').split('.')[0], '.'.join(zuul.get('tag', '').split('.')[:2]), zuul.get('tag', '')], ['latest']) }}"`), release(`latest, '{major}', '{major}.{minor}', '{version}'`), keepsV},
		{"of the version", with(`["{{ zuul.tag is defined | ternary(zuul.tag, 'latest') }}"]`), release(`latest, '{version}'`), keepsV},
		{"without its v", with(`["{{ (zuul.tag | default('0')).lstrip('v') }}-slim"]`), release(`0-slim, '{version}-slim'`), ""},
		{"by a condition", with(`["{% if zuul.tag is defined %}{{ zuul.tag.split('.')[1] }}{% else %}main{% endif %}"]`), release(`main, '{minor}'`), ""},
		{"of git tags alone", with(`["{{ zuul.tag }}"]`), release(`'{version}'`), "zuul.yaml:2: tags: in a pipeline of a branch: 'dict object' has no attribute 'tag'; the tag is left out\n" + keepsV},
		{"fixed", with(`[latest, 1.5]`), release(`latest, "1.5"`), fixed("latest, 1.5")},
		{"of variables", withVars("list: [a, b], ", `"{{ list }}"`), release(`a, b`), fixed("a, b")},
		{"of a number", withVars("v: 3.10, ", `["{{ v }}", 1.20]`), release(`"3.1", "1.2"`), fixed("3.1, 1.2") + "zuul.yaml:2: tags: the file says 1.20, and without quotes that is 1.2 to Zuul, and here\n"},
		{"of none", with(`[]`), release(""), ""},
		{"of the last part alone", with(`["{{ zuul.tag.split('.')[2] }}", latest]`), release("latest"), fixed("latest") + left("{{ zuul.tag.split('.')[2] }}", "a tag cannot be made of the last part of a version alone")},
		{"of a way of its own", with(`["{{ 'a' if zuul.tag is defined and '1' in zuul.tag else 'b' }}", latest]`), release("latest"), fixed("latest") + left("{{ 'a' if zuul.tag is defined and '1' in zuul.tag else 'b' }…", "it is made of the git tag in a way of its own")},
		{"of the commit", with(`["{{ zuul.commit_id }}", latest]`), release("latest"), fixed("latest") + left("{{ zuul.commit_id }}", "it asks Zuul for more than the git tag")},
		{"of a change behind a condition", with(`["{{ zuul.change if zuul.change is defined else 'latest' }}", a]`), release("a"), fixed("a") + left("{{ zuul.change if zuul.change is defined else 'latest' }}", "it asks Zuul for more than the git tag")},
	})
}

func TestWhatIsReleased(t *testing.T) {
	t.Parallel()
	const idiom = `["{{ zuul.tag is defined | ternary(zuul.get('tag', '').lstrip('v'), 'latest') }}"]`
	with := func(tags, project string) tree {
		return tree{"zuul.yaml": `
- job: {name: build-it, parent: build-docker-image, vars: &v {docker_images: [{context: ., repository: acme/x, tags: ` + tags + `}]}}
- job: {name: upload-it, parent: upload-docker-image, vars: *v}
- job: {name: promote-it, parent: promote-docker-image, vars: *v}
- project: {` + project + `}
`}
	}
	const (
		direct  = "upload-it: {vars: {upload_docker_image_promote: false}}"
		no      = "zuul.yaml:2: x: no job of this tree promotes it; it is released all the same, from the default branch\n"
		noTag   = "zuul.yaml:2: x: no pipeline of git tags runs its jobs here; where one does, add the tags {version} to its release\n"
		uploads = "zuul.yaml:2: x: no job of this tree uploads it, so it is released nowhere\n"
	)
	unused := func(names string) string {
		var out strings.Builder
		for _, name := range strings.Fields(names) {
			line := map[string]string{"build-it": "2", "upload-it": "3", "promote-it": "4"}[name]
			out.WriteString("zuul.yaml:" + line + ": " + name + ": no pipeline of this tree runs it; its images are converted all the same\n")
		}
		return out.String()
	}
	only := func(tr tree, names ...string) tree {
		var out []string
		for line := range strings.Lines(tr["zuul.yaml"]) {
			isJob := strings.HasPrefix(line, "- job")
			keep := !isJob
			for _, name := range names {
				keep = keep || strings.Contains(line, "name: "+name+",")
			}
			if keep {
				out = append(out, line)
			}
		}
		tr["zuul.yaml"] = strings.Join(out, "")
		return tr
	}
	check(t, []conversion{
		{"promoted", with("[latest]", "check: {jobs: [build-it]}, gate: {jobs: [upload-it]}, promote: {jobs: [promote-it]}"), release("latest"), ""},
		{"promoted, and of git tags", with(idiom, "check: {jobs: [build-it]}, gate: {jobs: [upload-it]}, promote: {jobs: [promote-it]}, release: {jobs: ["+direct+"]}"), release("latest, '{version}'"), ""},
		{"promoted, with tags for git tags", with(idiom, "check: {jobs: [build-it]}, gate: {jobs: [upload-it]}, promote: {jobs: [promote-it]}"), release("latest"), noTag},
		{"pushed behind the merge", only(with("[a]", "check: {jobs: [build-it]}, post: {jobs: ["+direct+"]}"), "build-it", "upload-it"), release("a"), ""},
		{"pushed for git tags", only(with(idiom, "check: {jobs: [build-it]}, tag: {jobs: ["+direct+"]}"), "build-it", "upload-it"), release("'{version}'"), ""},
		{"pushed for git tags without a version", only(with("[a]", "check: {jobs: [build-it]}, pre-release: {jobs: ["+direct+"]}"), "build-it", "upload-it"), release(""), "zuul.yaml:2: x: a pipeline of git tags pushes it as a: one sets only tags with {version}, {major} or {minor} in them\n"},
		{"uploaded, promoted elsewhere", only(with("[a]", "check: {jobs: [build-it]}, gate: {jobs: [upload-it]}"), "build-it", "upload-it"), release("a"), no},
		{"built alone", only(with("[a]", "check: {jobs: [build-it]}"), "build-it"), release(""), uploads},
		{"pipelines elsewhere", with("[a]", "name: images"), release("a"), unused("build-it upload-it promote-it")},
		{
			"promoted, and built with other tags",
			tree{"zuul.yaml": "- job: {name: build-it, vars: {docker_images: [{context: ., repository: acme/x, tags: [b]}]}}\n- job: {name: promote-it, vars: {docker_images: [{repository: acme/x, tags: [a]}]}}\n- project: {check: {jobs: [build-it]}, promote: {jobs: [promote-it]}}\n"},
			release(""), "zuul.yaml:1: x: no job of this tree uploads it, so it is released nowhere\nzuul.yaml:2: docker.io/acme/x: promote-it promotes it, and no job of this tree builds it\n",
		},
	})
}

// What a job does is in the words of its name, and before all in the role that it is made of.
func TestWhatJobsDo(t *testing.T) {
	t.Parallel()
	for name, released := range map[string]bool{
		"name: acme-upload-web": true, "name: acme:publish:web": true, "name: web-release": true, "name: acme-build-web": false, "name: it": false,
		"name: build-promoter, parent: acme": false, "name: upload-web, parent: build-docker-image": false, "name: build-web, parent: opendev-upload-docker-image": true,
		"name: web, parent: acme-push": true, "name: builder-web, parent: uploaders": false,
	} {
		images, _, errors := run(t, tree{"zuul.yaml": "- job: {" + name + ", vars: {docker_images: [{context: ., repository: acme/x}]}}\n"})
		want := release("")
		if released {
			want = release("latest")
		}
		if diff := cmp.Diff(want, plain(images)); diff != "" {
			t.Error(name, diff, errors)
		}
	}
}

// Credentials are called after their registry, and after their secret where a registry has several.
func TestCredentials(t *testing.T) {
	t.Parallel()
	images, report, errors := run(t, tree{"zuul.yaml": `
- job: {name: upload-a, secrets: {name: docker_credentials, secret: acme-hub}, vars: {docker_images: [{context: ., repository: acme/a}]}}
- job: {name: upload-b, secrets: [{name: docker_credentials, secret: acme-hub}], vars: {docker_images: [{context: ., repository: acme/b, labels: [b=c]}]}}
- job: {name: upload-c, secrets: [{name: docker_credentials, secret: 2nd-hub}], vars: {docker_images: [{context: ., repository: acme/c, labels: [c=d]}]}}
- job: {name: upload-d, vars: {docker_images: [{context: ., repository: "127.0.0.1:5000/d", labels: [d=e]}]}}
`})
	var got []string
	for line := range strings.Lines(images) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "username: "); ok {
			got = append(got, name)
		}
	}
	want := []string{"DOCKER_IO_USERNAME", "DOCKER_IO_USERNAME", "REGISTRY_2ND_HUB_USERNAME", "REGISTRY_127_0_0_1_5000_USERNAME"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff, errors)
	}
	for _, place := range []string{"zuul.yaml:2:34: docker.io", "zuul.yaml:4:35: docker.io", "zuul.yaml:5:48: 127.0.0.1:5000"} {
		if strings.Count(report, place+": create the CI variables ") != 1 {
			t.Errorf("the report lacks %s:\n%s", place, report)
		}
	}
}

func TestRegistries(t *testing.T) {
	t.Parallel()
	image := func(repository string) string {
		return strings.ReplaceAll(release("latest"), "docker.io/acme/x", repository)
	}
	check(t, []conversion{
		{"the Docker Hub", tree{"zuul.yaml": pipelines("docker", "[{context: ., repository: acme/x}]")}, image("docker.io/acme/x"), ""},
		{"its library", tree{"zuul.yaml": pipelines("docker", "[{context: ., repository: x}]")}, image("docker.io/library/x"), ""},
		{"another one", tree{"zuul.yaml": pipelines("docker", "[{context: ., repository: acme/x}], docker_registry: registry.example.org:5000")}, image("registry.example.org:5000/acme/x"), ""},
		{"in the repository", tree{"zuul.yaml": pipelines("docker", "[{context: ., repository: quay.io/acme/x}]")}, image("quay.io/acme/x"), ""},
		{"of container_images", tree{"zuul.yaml": pipelines("container", "[{context: ., repository: quay.io/acme/x}]")}, image("quay.io/acme/x"), ""},
		{"beside the repository", tree{"zuul.yaml": pipelines("container", "[{context: ., registry: quay.io, repository: acme/x}]")}, image("quay.io/acme/x"), "zuul.yaml:2: acme/x: it names no registry, so it is taken to be in quay.io\n"},
		{"two", tree{"zuul.yaml": pipelines("container", "[{context: ., registry: quay.io, repository: ghcr.io/acme/x}]")}, image("ghcr.io/acme/x"), "zuul.yaml:2: quay.io: Zuul logs in there and pushes to ghcr.io/acme/x\n"},
	})
}
