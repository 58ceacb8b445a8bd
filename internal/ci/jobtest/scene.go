// Package jobtest is for tests of job commands: a job with variables, a registry and a GitLab of its own.
package jobtest

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The content tag of the scene's image, and the hash of its inputs.
const (
	ContentTag = "0123456789abcdef"
	Inputs     = ContentTag + "0123456789abcdef0123456789abcdef0123456789abcdef"
)

// Own is the repository of the scene's image.
const Own = "group/project/rust"

// Scene is a job with a registry around it.
type Scene struct {
	*testing.T
	Registry *ocitest.Registry
	Builder  *Builder
	Vars     map[string]string
	Dir      string
	Log      bytes.Buffer
	// Waited is how long the job waited for GitLab, which takes no time here; OnWait is called each time.
	Waited time.Duration
	OnWait func()
	// Wire is the transport to the registries; nil for the usual one.
	Wire http.RoundTripper
}

// New returns a build job of the image rust, which is built on lib/base:1.
func New(t *testing.T) *Scene {
	t.Helper()
	s := &Scene{T: t, Registry: ocitest.New(t), Builder: &Builder{t: t, Images: map[string]v1.Image{}}, Dir: t.TempDir()}
	s.Vars = map[string]string{
		"CI_REGISTRY": s.Registry.Host, "CI_REGISTRY_IMAGE": s.Registry.Host + "/Group/Project", "CI_PROJECT_PATH": "Group/Project",
		"CI_PIPELINE_ID": "7", "CI_COMMIT_SHA": "c0ffee", "CI_REGISTRY_USER": "me", "CI_REGISTRY_PASSWORD": "s3cret",
		schema.VarImage: "rust", schema.VarRepoSuffix: "rust", schema.VarDistributionTag: ContentTag, schema.VarInputs: Inputs,
		schema.VarDistributionName: "fedora", schema.VarBaseImage: s.Registry.Host + "/lib/base:1",
	}
	s.Push("lib/base:1", nil)
	return s
}

// Outside are tests outside the image, as in a variable.
const Outside = `[{"name":"serves","run":"true","outside":true}]`

// NewVerify is a verify job of the tests beside the image, which its build job has left without a tag.
func NewVerify(t *testing.T) *Scene {
	t.Helper()
	s := New(t)
	s.Vars[schema.VarTests], s.Vars[schema.VarSetTag] = Outside, "true"
	s.Vars["STEMMA_DIGEST_RUST"] = s.Push(Own+":left", Made("in"))
	return s
}

// Env is all that the scene's jobs use.
func (s *Scene) Env() Env {
	config := jobenv.Registries(func(name string) string { return s.Vars[name] })
	config.Backoff, config.Transport = time.Millisecond, s.Wire
	client, err := oci.NewClient(config)
	Check(s.T, err)
	return Env{
		Getenv: func(name string) string { return s.Vars[name] }, Dir: output.Folder(s.Dir), Log: output.Log{Writer: &s.Log}, Registry: client,
		Now:      func() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) },
		Builder:  func(context.Context) (build.Builder, error) { return s.Builder, nil },
		Checkout: func() (string, error) { return s.Dir, nil },
		Clone:    func(_ context.Context, _, _, folder string) error { return os.MkdirAll(folder, 0o755) },
		GitLab: func(token gitlab.Token) (*gitlab.Client, error) {
			transport, err := gitlab.NewTransport("", "answer=1s")
			Check(s.T, err)
			return gitlab.NewClient(gitlab.Config{
				API: s.Vars["CI_API_V4_URL"], Token: token, Transport: transport, Patience: 1500 * time.Millisecond, Backoff: time.Millisecond,
			})
		},
		Wait: func(_ context.Context, d time.Duration) error {
			s.Waited += d
			if s.OnWait != nil {
				s.OnWait()
			}
			return nil
		},
	}
}

// Build runs the build job.
func (s *Scene) Build() error { return build.Run(s.Context(), s.Env().Build()) }

// Release runs the release job.
func (s *Scene) Release() error { return release.Run(s.Context(), s.Env().Release()) }

// Poke runs the poke job.
func (s *Scene) Poke() error { return poke.Run(s.Context(), s.Env().Poke()) }

// NewByHand is the scene of a job written by hand, with nothing of stemma's own.
func NewByHand(t *testing.T) *Scene {
	t.Helper()
	s := New(t)
	for name := range s.Vars {
		if strings.HasPrefix(name, "STEMMA_") {
			delete(s.Vars, name)
		}
	}
	s.Vars[schema.VarDistributionTag] = "2026-11-20.0"
	return s
}

// Digest is the digest of an image in the scene's registry; empty if it has none.
func (s *Scene) Digest(reference string) string { return s.DigestIn(s.Registry, reference) }

// DigestIn is the digest of an image in a registry; empty if it has none.
func (s *Scene) DigestIn(registry *ocitest.Registry, reference string) string {
	s.Helper()
	descriptor, err := remote.Get(Must(name.ParseReference(registry.Host + "/" + reference)))
	if err != nil {
		return ""
	}
	return descriptor.Digest.String()
}

// Labels are the labels of an image in the registry.
func (s *Scene) Labels(reference string) map[string]string {
	s.Helper()
	return s.Config(reference).Config.Labels
}

// Config is the configuration of an image in the registry.
func (s *Scene) Config(reference string) *v1.ConfigFile {
	s.Helper()
	config, err := s.image(reference).ConfigFile()
	Check(s.T, err)
	return config
}

// ConfigDigest is the digest of an image's configuration without the algorithm, which buildah has as its id.
func (s *Scene) ConfigDigest(reference string) string {
	s.Helper()
	hash, err := s.image(reference).ConfigName()
	Check(s.T, err)
	return hash.Hex
}

// reference is a reference below the scene's registry.
func (s *Scene) reference(text string) name.Reference {
	return Must(name.ParseReference(s.Registry.Host + "/" + text))
}

func (s *Scene) image(reference string) v1.Image {
	s.Helper()
	image, err := remote.Image(s.reference(reference))
	Check(s.T, err)
	return image
}

// Dotenv are the variables that the build job left for later jobs.
func (s *Scene) Dotenv() map[string]string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.Dir, schema.DotenvFile))
	Check(s.T, err)
	out := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[name] = value
	}
	return out
}

// Cases are the tests in the report: "name", "name: failure" or "name (what it printed)".
func (s *Scene) Cases() []string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.Dir, schema.JUnitFile))
	Check(s.T, err)
	var suite struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Output string `xml:"system-out"`
		} `xml:"testcase"`
	}
	Check(s.T, xml.Unmarshal(content, &suite))
	var cases []string
	for _, c := range suite.Cases {
		switch {
		case c.Failure != nil:
			cases = append(cases, c.Name+": "+c.Failure.Message)
		default:
			cases = append(cases, c.Name+" ("+strings.TrimSpace(c.Output)+")")
		}
	}
	return cases
}

// Untested is the digest that the record of an untested image names.
func (s *Scene) Untested() string {
	s.Helper()
	if s.Digest(Own+":"+schema.PrefixUntested+ContentTag) == "" {
		return ""
	}
	return s.Labels(Own + ":" + schema.PrefixUntested + ContentTag)[schema.LabelUntested]
}

// Verify runs the verify job; commands beside the image run on this machine. It returns how many did.
func (s *Scene) Verify() (ran int, err error) {
	s.Helper()
	env := s.Env()
	env.RunOutside = func(ctx context.Context, snippet, image string) (int, string, error) {
		ran++
		return buildah.RunOutside(ctx, "", os.Environ(), &s.Log, snippet, image)
	}
	return ran, verify.Run(s.Context(), env.Verify())
}
