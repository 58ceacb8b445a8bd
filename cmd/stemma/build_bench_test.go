package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// BenchmarkBuildNothing is `stemma build` over 200 images that a registry has which takes 20 ms for every answer, the whole process;
// without and with tokens, for which a client asks three times instead of once.
func BenchmarkBuildNothing(b *testing.B) {
	const images, latency = 200, 20 * time.Millisecond
	registry := ocitest.New(b)
	dir, home := b.TempDir(), b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "stemma.yaml"), []byte(manyImages(images)), 0o600); err != nil {
		b.Fatal(err)
	}
	program := filepath.Join(b.TempDir(), "stemma")
	process(b, dir, nil, "go", "build", "-o", program, "gitlab.com/stemma-ci/stemma/cmd/stemma")
	fillWith(b, registry, process(b, dir, nil, program, "graph", "--format", "json"))
	environ := []string{"XDG_CACHE_HOME=" + home, "CI_REGISTRY=" + registry.Host, "CI_REGISTRY_USER=me", "CI_REGISTRY_PASSWORD=secret"}
	registry.Delay(latency)
	for _, with := range []string{"anyone", "tokens"} {
		if with == "tokens" {
			registry.Protect(ocitest.Guard{Username: "me", Password: "secret", Tokens: true})
		}
		b.Run(with, func(b *testing.B) {
			for b.Loop() {
				registry.Requests()
				out := process(b, dir, environ, program, "build", "--registry", registry.Host)
				if !strings.Contains(out, fmt.Sprintf("%d published", images)) {
					b.Fatal(out)
				}
			}
			b.ReportMetric(float64(len(registry.Requests())), "requests")
		})
	}
}

// fillWith puts one image under the tags of all that are drawn.
func fillWith(b *testing.B, registry *ocitest.Registry, drawn string) {
	b.Helper()
	var graph inspect.Drawing
	if err := json.Unmarshal([]byte(drawn), &graph); err != nil {
		b.Fatal(err)
	}
	image, err := random.Image(64, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range graph.Images {
		ref, err := name.ParseReference(fmt.Sprintf("%s/group/project/%s:%s", registry.Host, d.Name, d.Tag))
		if err == nil {
			err = remote.Write(ref, image)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// process runs a program and returns what it prints.
func process(b *testing.B, dir string, environ []string, program string, args ...string) string {
	b.Helper()
	command := exec.CommandContext(b.Context(), program, args...)
	command.Env = append(os.Environ(), environ...)
	if program != "go" {
		command.Dir = dir
	}
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		b.Fatalf("%s: %v\n%s", program, err, printed.String())
	}
	return printed.String()
}

// manyImages are images in chains of ten.
func manyImages(count int) string {
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nimages:\n")
	for i := range count {
		fmt.Fprintf(&b, "  image-%03d:\n    packages: [curl, package-%d]\n", i, i)
		if i%10 == 0 {
			b.WriteString("    distribution: debian\n    version: trixie\n")
		} else {
			fmt.Fprintf(&b, "    base: image-%03d\n", i-1)
		}
	}
	return b.String()
}
