package imagejobs_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagejobs"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

// imported is the definition and the report of a configuration in a project with some Containerfiles.
func imported(t *testing.T, content string) string {
	t.Helper()
	tree := project(content)
	files, report, found, err := imagejobs.Import(imagejobs.Source{Tree: tree, Name: ".gitlab-ci.yml", Root: "root", Project: "Group/root"})
	importertest.Check(t, tree, files, report, found, err)
	var out strings.Builder
	for _, file := range files {
		out.Write(file.Content)
	}
	if report != nil {
		if err := report.Text(&out); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range found {
		out.WriteString(d.Message + "\n")
		for _, note := range d.Notes {
			out.WriteString(note.Message + "\n")
		}
	}
	return out.String()
}

func project(content string) fstest.MapFS {
	return fstest.MapFS{
		".gitlab-ci.yml": {Data: []byte(content)}, "Dockerfile": {Data: []byte("ARG BASE=docker.io/library/debian:13\nFROM ${BASE}\nARG A TOKEN\n")},
		"Makefile":       {Data: []byte("TAG ?= 1\nall:\nimage: check\n\tdocker build -t $(CI_REGISTRY_IMAGE)/a:$(TAG) sub\n\t@docker push $(CI_REGISTRY_IMAGE)/a:$(TAG)\ncheck:\n\tgo vet\nbroken:\n\tif docker build (\n")},
		"sub/Dockerfile": {Data: []byte("FROM base\n")}, "sub/Dockerfile.dev": {Data: []byte("FROM docker.io/library/debian:13 AS dev\nFROM dev AS run\n")},
		"compose.yaml": {Data: []byte("services:\n  web: {build: {context: sub, dockerfile: Dockerfile.dev, target: dev}, image: registry.example.org/a/web:1}\n")},
	}
}

// TestCommands has a command of a job, and what the definition or the report says of it.
func TestCommands(t *testing.T) {
	t.Parallel()
	const build = "docker build -t $CI_REGISTRY_IMAGE/a "
	tests := map[string]struct{ command, want string }{
		"a context":                       {build + "sub", "containerfile: sub/Dockerfile\n"},
		"a file in the context":           {build + "-f sub/Dockerfile.dev sub", "containerfile: sub/Dockerfile.dev\n"},
		"a file below the context":        {build + "-f Dockerfile.dev sub", "containerfile: sub/Dockerfile.dev\n"},
		"a file outside of the context":   {build + "-f sub/Dockerfile .", "context: .\n"},
		"a folder that the job enters":    {"cd sub && " + build + ".", "containerfile: sub/Dockerfile\n"},
		"a file that the job copies":      {"cp sub/Dockerfile.dev Dockerfile; " + build + ".", "containerfile: sub/Dockerfile.dev\n"},
		"a file on the standard input":    {build + "- < sub/Dockerfile", "containerfile: sub/Dockerfile\n"},
		"a file in the script":            {"docker build -t $CI_REGISTRY_IMAGE/a -f - . <<E\nFROM debian\nE", "containerfiles/a.Containerfile"},
		"a file that the script writes":   {"cat > f <<'E'\nFROM debian\nRUN echo ${A}\nE\n" + build + "-f f .", "containerfile: containerfiles/a.Containerfile\n    context: .\n"},
		"lines that the script adds":      {"echo RUN x >> sub/Dockerfile.dev; " + build + "-f sub/Dockerfile.dev .", "RUN x\n"},
		"a file with values of the job":   {"echo FROM x:$CI_COMMIT_SHA > f; " + build + "-f f .", "the script makes its Containerfile f, with values that only the job knows"},
		"a file for the context":          {"echo $CI_COMMIT_SHA > sub/V; " + build + "sub", "sub/V: the script writes this file before the build, and a build has only the files that git has"},
		"a file for another folder":       {"echo x > V; " + build + "sub", "converted: 1 image of 1 image job\n\nlook at:"},
		"a secret for the context":        {"echo $API_TOKEN | tee t; " + build + ".", "t: the script writes this file before the build"},
		"a secret that echo writes":       {"echo $API_TOKEN > t; " + build + ".", "t: the script writes a secret to this file for the build"},
		"a target":                        {build + "-f sub/Dockerfile.dev --target run sub", "target: run\n"},
		"an argument":                     {build + "--build-arg A=1 .", "A: \"1\"\n"},
		"an argument with spaces":         {build + "--build-arg \"A=1 2\" .", "A: 1 2\n"},
		"an argument that is not there":   {build + "--build-arg X=1 .", "X: the Containerfile has no such ARG, so the argument does nothing (a)"},
		"an argument of the job":          {build + "--build-arg A=$CI_COMMIT_SHA .", "A: only the job knows the value ${CI_COMMIT_SHA} of the argument"},
		"a secret":                        {build + "--build-arg TOKEN=$CI_JOB_TOKEN .", "TOKEN: a secret does not belong in an argument"},
		"an image of another project":     {build + "--build-arg BASE=$CI_REGISTRY/group/tools/base:1 .", "project: group/tools\n        image: base\n"},
		"platforms":                       {"docker buildx build --platform linux/amd64,linux/arm64 --push -t $CI_REGISTRY_IMAGE/a .", "platforms: [linux/amd64, linux/arm64]\n"},
		"layers":                          {build + "--cache-from $CI_REGISTRY_IMAGE/a:latest .", "cache: true\n"},
		"an option without counterpart":   {build + "--network host .", "--network: the build has no such option (b)"},
		"several tags":                    {"docker build -t $CI_REGISTRY_IMAGE/a:1 -t $CI_REGISTRY_IMAGE/a:2 .; docker push -a $CI_REGISTRY_IMAGE/a", "tags: [\"1\", \"2\"]\n"},
		"another name":                    {"docker build -t x .; docker tag x $CI_REGISTRY_IMAGE/y:1; docker push $CI_REGISTRY_IMAGE/y:1", "\"y\":\n    containerfile: Dockerfile\n"},
		"a copy":                          {"docker build -t r.example.org/x .; skopeo copy docker://r.example.org/x docker://s.example.org/y:1", "repository: s.example.org/y\n"},
		"the project in another spelling": {"docker build -t $CI_REGISTRY/$CI_PROJECT_PATH/z .; docker push $CI_REGISTRY/$CI_PROJECT_PATH/z", "z:\n    containerfile: Dockerfile\n"},
		"the registry path itself":        {build + ".; docker build -t $CI_REGISTRY_IMAGE:1 sub; docker push $CI_REGISTRY_IMAGE:1", "root:\n    containerfile: sub/Dockerfile\n"},
		"a registry of others":            {"docker login -u $U -p $P r.example.org; docker build -t r.example.org/a/b:1 .; docker push r.example.org/a/b:1", "username: U\n          password: P\n"},
		"a user of Docker Hub":            {"docker build -t team/b .; docker push team/b", "repository: docker.io/team/b\n"},
		"a repository with capitals":      {"docker build -t r.example.org/A/b .; docker push r.example.org/A/b", "repository: r.example.org/a/b\n"},
		"a repository of the job":         {"docker build -t $HUB/b .; docker push $HUB/b", "${HUB}/b: only the job knows this repository: write it in `release`"},
		"a git tag":                       {"docker build -t $CI_REGISTRY_IMAGE/a:$CI_COMMIT_TAG .; docker push -a $CI_REGISTRY_IMAGE/a", "tags: ['{version}']\n"},
		"a git tag with a default":        {"docker build -t $CI_REGISTRY_IMAGE/a:${CI_COMMIT_TAG:-edge} .; docker push -a $CI_REGISTRY_IMAGE/a", "tags: ['{version}', edge]\n"},
		"a git tag or the commit":         {"docker build -t r.example.org/a:${CI_COMMIT_TAG:-$CI_COMMIT_SHA} .; docker push -a r.example.org/a", "tags: ['{version}', '{tag}']\n"},
		"attestations":                    {build + "--sbom=true .", "--sbom: a build makes no attestations"},
		"no attestations":                 {build + "--provenance=false .", "converted: 1 image of 1 image job\n\nlook at:"},
		"a file of the image":             {"/kaniko/executor --no-push --tar-path x.tar", "--tar-path: a build leaves no file: pull the image in the job that needs the file"},
		"the digest in a file":            {"/kaniko/executor --digest-file=d -d $CI_REGISTRY_IMAGE/a", "--digest-file: a build leaves no file: a job that needs it has the digest in `STEMMA_DIGEST_IMAGE`"},
		"a repository of layers":          {"/kaniko/executor --cache --cache-repo=x -d $CI_REGISTRY_IMAGE/a", "--cache-repo: `build: {cache: true}` keeps layers in the project's registry"},
		"a registry without TLS":          {"buildah bud --tls-verify=false -t $CI_REGISTRY_IMAGE/a .", "--tls-verify: no build is told to trust a registry"},
		"a compressed push":               {"buildah bud -t a .; buildah push --compression-format zstd a $CI_REGISTRY_IMAGE/a", "--compression-format: the build chooses the compression of layers"},
		"an argument of compose":          {"docker compose build --build-arg X=1", "--build-arg: only the job knows the argument: write it in `args`"},
		"a setting of bake":               {"docker buildx bake --set web.args.X=1 -f compose.yaml", "--set: write what it changes in the definition"},
		"no push":                         {"docker build .", "release: []\n"},
		"a test":                          {"docker build -t a .; docker run --rm a sh -c 'x && y'", "run: x && y\n"},
		"a test with files":               {"docker build -t a .; docker run -v $PWD:/x a y", "write it as a test with `outside: true`"},
		"a parent of the same job":        {"docker build -t base .; docker build -t $CI_REGISTRY_IMAGE/a sub", "  base:\n    containerfile: Dockerfile\n"},
		"a service of a compose file":     {"docker compose build", "web:\n    containerfile: sub/Dockerfile.dev\n    target: dev\n"},
		"a scan":                          {build + ".; trivy image a", "keep the job that scans with trivy"},
		"something else":                  {build + ".; ./deploy now", "script: it also runs ./deploy now"},
		"a Makefile":                      {"make image TAG=2", "containerfile: sub/Dockerfile\n    release:\n      - tags: [\"2\"]\n"},
		"other commands of a Makefile":    {"make image", "Makefile:7: script: it also runs go vet"},
		"a Makefile without images":       {build + ".; make check", "script: it also runs make check"},
		"a recipe that is not shell":      {"make broken", "b: no image is made of `make broken`: this recipe is not shell: "},
		"a file that is not there":        {build + "-f gone .", "the project has no file gone"},
		"a context outside":               {build + "..", "its context .. is outside of the project"},
		"files instead of an image":       {"docker buildx build -o out .", "it makes files and no image"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := "    " + strings.ReplaceAll(test.command, "\n", "\n    ")
			if got := imported(t, "b:\n  stage: build\n  script: |\n"+script+"\n"); !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant %q in it", got, test.want)
			}
		})
	}
}

// TestJobs has a build, other jobs around it, and a line of the report about them.
func TestJobs(t *testing.T) {
	t.Parallel()
	const build = `docker:
  stage: test
  script:
    - docker build -t $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA sub
    - docker push $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA
`
	const promote = build + `
tag:
  stage: deploy
  script:
    - docker pull $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA
    - docker tag $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA $CI_REGISTRY_IMAGE/a:$CI_COMMIT_TAG
    - docker push $CI_REGISTRY_IMAGE/a:$CI_COMMIT_TAG
`
	const run = build + "run:\n  script:\n    - docker pull $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA\n    - docker run $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA nginx -t\n"
	const instead = ": no job pushes this any more: let the job extend `.fdo.distribution-image@a`, keep its `image`, and write `$FDO_DISTRIBUTION_IMAGE`"
	tests := map[string]struct{ jobs, want string }{
		"artifacts of an earlier stage":     {build + "bin: {stage: build, script: make, artifacts: {paths: [sub/out/*]}}", ".gitlab-ci.yml:1:1: artifacts: a build gets none from jobs of earlier stages: what they make belongs in a stage of the Containerfile (docker from bin)"},
		"artifacts beside the context":      {build + "bin: {stage: build, script: make, artifacts: {paths: [out]}}", "converted: 1 image of 1 image job\n\nlook at:"},
		"artifacts of the same stage":       {build + "bin: {stage: test, script: make, artifacts: {paths: [sub]}}", "converted: 1 image of 1 image job\n\nlook at:"},
		"another program of the job":        {build + "    - ./deploy now", ".gitlab-ci.yml:6:7: script: it also runs ./deploy now"},
		"a job that only names the image":   {promote, ".gitlab-ci.yml:7:1: job: remove the job: release:a does what it did (tag)"},
		"one that also does something else": {promote + "    - curl -X POST $HOOK", "it names images, as release:a does now: remove that from it. It also runs curl (tag)"},
		"the place of a name":               {promote, ".gitlab-ci.yml:12:7: $CI_COMMIT_TAG: it becomes `{version}`"},
		"a job that waits for the names":    {promote + "use: {stage: deploy, needs: [tag], script: x}", ".gitlab-ci.yml:13:29: needs: tag becomes release:a with `optional: true`, since not every pipeline has it (use)"},
		"a job that takes its artifacts":    {promote + "use: {stage: deploy, dependencies: [tag], script: x}", ".gitlab-ci.yml:13:36: dependencies: remove tag: release:a leaves no artifacts (use)"},
		"a name in a script":                {build + "use:\n  script:\n    - ssh host \"docker pull $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA\"", ".gitlab-ci.yml:8:7: ${CI_REGISTRY_IMAGE}/a:${CI_COMMIT_SHA}" + instead},
		"a name of a service":               {build + "use:\n  script: x\n  services: [{name: \"$CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA\"}]", ".gitlab-ci.yml:8:21: ${CI_REGISTRY_IMAGE}/a:${CI_COMMIT_SHA}" + instead},
		"a tag in a script":                 {build + "use:\n  script: helm upgrade a --set image.tag=$CI_COMMIT_SHA", ".gitlab-ci.yml:7:11: ${CI_COMMIT_SHA}" + instead},
		"a commit that is no tag":           {build + "use:\n  script: helm upgrade a --set commit=$CI_COMMIT_SHA", "build:a replaces it (docker)\n"},
		"a name in the job of the build":    {build + "    - kubectl set image deploy/a a=$CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA", ".gitlab-ci.yml:6:7: ${CI_REGISTRY_IMAGE}/a:${CI_COMMIT_SHA}" + instead},
		"two jobs with one build":           {build + "again:\n  script: docker build -t $CI_REGISTRY_IMAGE/a sub", ".gitlab-ci.yml:1:1: job: remove the job: build:a replaces it (docker)\n  .gitlab-ci.yml:6:1: job: remove the job: build:a replaces it (again)\n"},
		"a job that only runs the image":    {run, "replaces it (docker)\n  .gitlab-ci.yml:6:1: job: remove the job: its commands are tests of a now (run)\n  .gitlab-ci.yml:9:7: tests: a command that"},
		"one that runs it, and more":        {run + "    - ./deploy now", "replaces it (docker)\n  .gitlab-ci.yml:8:7: ${CI_REGISTRY_IMAGE}/a:${CI_COMMIT_SHA}" + instead},
		"one that runs it with options":     {run + "    - docker run -v x:/x $CI_REGISTRY_IMAGE/a:$CI_COMMIT_SHA x", "replaces it (docker)\n  .gitlab-ci.yml:8:7: ${CI_REGISTRY_IMAGE}/a:${CI_COMMIT_SHA}" + instead},
		"a runner for another platform":     {build + "  tags: [linux-arm64]", "platforms: [linux/arm64]\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := imported(t, test.jobs); !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant %q in it", got, test.want)
			}
		})
	}
}

// Whatever a configuration holds, there is a definition that compiles or an error, and never both or neither.
func FuzzImport(f *testing.F) {
	f.Add("a: {script: ['docker build -t $CI_REGISTRY_IMAGE/x:$A --build-arg BASE=$CI_REGISTRY_IMAGE/b:1 .', 'docker push x'], parallel: {matrix: [{A: [1, ü]}]}, rules: [{if: $X, variables: {A: b}}]}\n" +
		"b: {script: 'cd sub && buildah bud -t $CI_REGISTRY_IMAGE/b:1 . && podman tag $CI_REGISTRY_IMAGE/b:1 docker.io/A/b:{tag}', tags: [arm64], stage: '$S'}")
	f.Add("a: {script: 'for i in */; do /kaniko/executor -c $i -d r.io/$i:latest --build-arg TOKEN --label a=b --customPlatform linux/arm; done', timeout: 3h, when: manual}\nc: {image: r.io/sub, needs: [a], script: docker run r.io/sub sh -c \"x\"}")
	f.Add("stages: [deploy, build]\na: {stage: build, script: ['docker compose build', 'docker buildx bake', 'docker build -t alpine -t - -f - . <<E\n\nFROM alpine\nE']}\nb: {script: docker build -t $CI_REGISTRY_IMAGE/../x -t /:/ --target '$' --platform windows,linux/* sub}")
	f.Fuzz(func(t *testing.T, content string) { imported(t, content) })
}
