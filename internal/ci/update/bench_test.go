package update_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// BenchmarkUpdateCheck is an update check of 500 images over 20 bases, whose registry takes 20 ms for every answer, against a
// loop of `skopeo inspect` over the same images. Both are whole processes.
func BenchmarkUpdateCheck(b *testing.B) {
	const images, bases, latency = 500, 20, 20 * time.Millisecond
	registry := ocitest.New(b)
	targets := fill(b, registry, images, bases)
	registry.Delay(latency)
	registry.Requests()
	program := filepath.Join(b.TempDir(), "stemma-job")
	shell(b, nil, "go", "build", "-o", program, "gitlab.com/stemma-ci/stemma/cmd/stemma-job")
	b.Run("stemma", func(b *testing.B) {
		for b.Loop() {
			registry.Requests()
			shell(b, []string{"CI_REGISTRY=" + registry.Host, "CI_REGISTRY_IMAGE=" + registry.Host + "/group/project", schema.VarUpdates + "=" + targets}, program, "job", "update-check")
		}
		b.ReportMetric(float64(len(registry.Requests())), "requests")
	})
	b.Run("skopeo", func(b *testing.B) {
		for b.Loop() {
			registry.Requests()
			for i := range images {
				shell(b, nil, "skopeo", "inspect", "--no-tags", "--tls-verify=false", fmt.Sprintf("docker://%s/group/project/image%d:1", registry.Host, i))
			}
		}
		b.ReportMetric(float64(len(registry.Requests())), "requests")
	})
}

// fill puts bases and images built on them in a registry, and returns the images as a variable.
func fill(b *testing.B, registry *ocitest.Registry, images, bases int) string {
	b.Helper()
	on := make([]v1.Image, bases)
	for i := range on {
		on[i] = jobtest.Must(random.Image(64, 1))
		push(b, fmt.Sprintf("%s/lib/base%d:1", registry.Host, i), on[i])
	}
	targets := make([]schema.UpdateTarget, images)
	for i := range targets {
		base := on[i%bases]
		place := fmt.Sprintf("%s/lib/base%d:1", registry.Host, i%bases)
		digest := jobtest.Must(base.Digest()).String()
		image := jobtest.Must(mutate.AppendLayers(base, jobtest.Must(random.Layer(64, "application/vnd.docker.image.rootfs.diff.tar.gzip"))))
		image = jobtest.Must(mutate.Config(image, v1.Config{Labels: map[string]string{
			schema.LabelParents:  fmt.Sprintf(`[{"reference":%q,"digest":%q}]`, place, digest),
			schema.LabelBaseName: place, schema.LabelBaseDigest: digest,
		}}))
		push(b, fmt.Sprintf("%s/group/project/image%d:1", registry.Host, i), image)
		targets[i] = schema.UpdateTarget{Image: fmt.Sprintf("image%d", i), Places: []schema.UpdatePlace{{Reference: fmt.Sprintf("image%d:1", i)}}}
	}
	encoded, err := json.Marshal(targets)
	if err != nil {
		b.Fatal(err)
	}
	return string(encoded)
}

func push(b *testing.B, reference string, image v1.Image) {
	b.Helper()
	if err := remote.Write(jobtest.Must(name.ParseReference(reference)), image); err != nil {
		b.Fatal(err)
	}
}

// shell runs a program in a folder of its own.
func shell(b *testing.B, environ []string, program string, args ...string) {
	b.Helper()
	command := exec.CommandContext(b.Context(), program, args...)
	command.Env = append(os.Environ(), environ...)
	if program != "go" {
		command.Dir = b.TempDir()
	}
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		b.Fatalf("%s: %v\n%s", program, err, printed.String())
	}
}
