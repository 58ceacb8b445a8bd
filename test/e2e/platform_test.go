//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestSeveralPlatformsBecomeOneIndex(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	p := newProject(t, r, "group/project", map[string]string{
		".gitlab-ci.yml": pipelineFile,
		"stemma.yaml": `version: 1
defaults: {platforms: [linux/amd64, linux/arm64]}
images:
  files: {containerfile: files/Containerfile}
  more: {containerfile: more/Containerfile}
`,
		"files/Containerfile": "FROM scratch\nCOPY a /a\n",
		"files/a":             "a\n",
		"more/Containerfile":  "FROM files\nCOPY b /b\n",
		"more/b":              "b\n",
	})
	p.compile(t)
	p.pipeline(t)
	ref, err := name.ParseReference(r.Host + "/group/project/more:latest")
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, entry := range manifest.Manifests {
		platforms = append(platforms, entry.Platform.String())
		image, err := index.Image(entry.Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Architecture != entry.Platform.Architecture || len(config.RootFS.DiffIDs) != 2 {
			t.Errorf("the image for %s is one for %s with %d layers", entry.Platform, config.Architecture, len(config.RootFS.DiffIDs))
		}
	}
	if got := strings.Join(platforms, " "); got != "linux/amd64 linux/arm64" {
		t.Errorf("the index has %s", got)
	}
	if log := p.pipeline(t, schema.VarRebuild+"=files"); strings.Count(log, ": its parent files was rebuilt") != 2 {
		t.Errorf("a forced parent should rebuild its child for both platforms:\n%s", log)
	}
	writes := r.writes.Load()
	if log := p.pipeline(t); strings.Contains(log, "> Build ") || r.writes.Load() != writes {
		t.Errorf("a second pipeline wrote %d manifests:\n%s", r.writes.Load()-writes, log)
	}
}
