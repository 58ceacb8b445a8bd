package imagetool_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
)

type (
	build = imagetool.Build
	pair  = imagetool.Pair
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := map[string]any{
		"docker build -t a:1 --tag=b .":                              build{Tool: "docker", Context: ".", Tags: []string{"a:1", "b"}},
		"docker image build -fa/Dockerfile a":                        build{Tool: "docker", Containerfile: "a/Dockerfile", Context: "a"},
		"docker --context x build --pull --no-cache .":               build{Tool: "docker", Context: "."},
		"docker build . ${EXTRA_ARGS}":                               build{Tool: "docker", Context: "."},
		"docker build --build-arg A=1 --build-arg B --target t .":    build{Tool: "docker", Context: ".", Target: "t", Args: []pair{{"A", "1", true}, {"B", "", false}}},
		"docker build --network host .":                              build{Tool: "docker", Context: ".", Others: []pair{{"--network", "host", true}}},
		"docker buildx build --push --platform linux/a,linux/b -":    build{Tool: "docker", Context: "-", Platforms: []string{"linux/a", "linux/b"}, IsPushed: true},
		"docker buildx build -o type=image,name=\"a,b\",push=true .": build{Tool: "docker", Context: ".", Tags: []string{"a", "b"}, IsPushed: true},
		"docker buildx build -o type=local,dest=x .":                 build{Tool: "docker", Context: ".", Output: "type=local,dest=x"},
		"docker build --cache-from a --cache-to type=inline .":       build{Tool: "docker", Context: ".", HasCache: true, CacheFrom: []string{"a"}},
		"podman build --arch arm64 --label a=b .":                    build{Tool: "podman", Context: ".", Platforms: []string{"linux/arm64"}, Labels: []pair{{"a", "b", true}}},
		"buildah --storage-driver vfs bud --layers -t a b":           build{Tool: "buildah", Context: "b", Tags: []string{"a"}},
		"nerdctl build .": build{Tool: "nerdctl", Context: "."},
		"/kaniko/executor -c dir://a -f b -d c --cache=true": build{Tool: "kaniko", Containerfile: "b", Context: "a", Tags: []string{"c"}, IsPushed: true, HasCache: true},
		"/kaniko/executor --context-sub-path b --no-push":    build{Tool: "kaniko", Context: "/b"},
		"/kaniko/executor version":                           imagetool.Housekeeping{},
		"buildctl build --local context=a --opt filename=F --opt build-arg:X=1": build{
			Tool: "buildctl", Containerfile: "F", Context: "a", Args: []pair{{"X", "1", true}},
		},
		"docker tag a b":                          imagetool.Name{Of: []string{"a"}, To: []string{"b"}},
		"docker push -a b":                        imagetool.Push{Name: "b", IsAll: true},
		"buildah push a docker://b":               imagetool.Push{Name: "a", To: "b"},
		"docker manifest create a b c":            imagetool.Name{Of: []string{"b", "c"}, To: []string{"a"}},
		"docker buildx imagetools create -t a b":  imagetool.Name{Of: []string{"b"}, To: []string{"a"}, IsPushed: true},
		"skopeo copy --all docker://a docker://b": imagetool.Name{Of: []string{"a"}, To: []string{"b"}, IsPushed: true},
		"crane tag r/a:1 2":                       imagetool.Name{Of: []string{"r/a:1"}, To: []string{"r/a:2"}, IsPushed: true},
		"docker run --rm -t a x --rm":             imagetool.Run{Image: "a", Command: []string{"x", "--rm"}, IsPlain: true},
		"docker run -v /a:/a --entrypoint=sh a":   imagetool.Run{Image: "a", Entrypoint: "sh", Command: []string{}},
		"docker login -u U --password-stdin r":    imagetool.Login{Registry: "r", User: "U"},
		"docker compose -f a.yml build --push b":  imagetool.Compose{Files: []string{"a.yml"}, Names: []string{"b"}, IsPushed: true},
		"docker-compose up --build":               imagetool.Compose{},
		"docker buildx bake -f a.hcl b":           imagetool.Compose{Files: []string{"a.hcl"}, Names: []string{"b"}, IsBake: true},
		"docker info":                             imagetool.Housekeeping{},
		"docker buildx create --use":              imagetool.Housekeeping{},
		"docker exec a b":                         nil,
		"make build":                              nil,
		"buildah":                                 imagetool.Housekeeping{},
		"docker":                                  imagetool.Housekeeping{},
	}
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, imagetool.Read(strings.Fields(line)), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string][2]string{
		"a": {"a", ""}, "r:5000/a": {"r:5000/a", ""}, "r:5000/a:1": {"r:5000/a", "1"}, "${R:-x}/a:${T:-1}": {"${R:-x}/a", "${T:-1}"}, "a:1@sha256:0": {"a", "1"},
	} {
		if repository, tag, _ := imagetool.Cut(reference); repository != want[0] || tag != want[1] {
			t.Errorf("%s: got %q and %q, want %q", reference, repository, tag, want)
		}
	}
}

// Any command line is read without a panic.
func FuzzRead(f *testing.F) {
	f.Add("docker buildx build -o type=image,name=\"a -t= --build-arg . - --")
	f.Add("/kaniko/executor --context-sub-path / -c= -b")
	f.Add("buildctl build --local = --opt build-arg:")
	f.Fuzz(func(_ *testing.T, line string) { imagetool.Read(strings.Split(line, " ")) })
}
