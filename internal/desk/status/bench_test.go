package status_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/desk/status"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// BenchmarkAsk asks about 1,000 images, which are all missing or all released, a registry that takes 20 ms for each answer; without and with
// tokens, for which a client asks three times for each repository.
func BenchmarkAsk(b *testing.B) {
	const images = 1000
	var definition strings.Builder
	definition.WriteString("version: 1\nproject: group/project\nimages:\n")
	for i := range images {
		fmt.Fprintf(&definition, "  image-%04d: {distribution: alpine, version: \"3.22\"}\n", i)
	}
	s := newScene(b, definition.String(), "CI_REGISTRY_USER=me", "CI_REGISTRY_PASSWORD=secret")
	environ := s.project.Getenv
	s.project.Getenv = func(name string) string {
		if name == "CI_REGISTRY" {
			return s.registry.Host
		}
		return environ(name)
	}
	measure := func(name string, want status.State) {
		b.Run(name, func(b *testing.B) {
			s.registry.Delay(20 * time.Millisecond)
			defer s.registry.Delay(0)
			requests := 0
			for b.Loop() {
				s.registry.Requests()
				report, err := status.Ask(b.Context(), s.project, status.Question{})
				if err != nil || report.Failure() != nil || report.Images[images-1].State != want {
					b.Fatal(err, report.Failure(), report.Images[images-1])
				}
				requests = len(s.registry.Requests())
			}
			b.ReportMetric(float64(requests)/images, "requests/image")
		})
	}
	measure("missing", status.Missing)
	for _, image := range s.project.Graph.Images {
		s.release(image.Name, record.Releases{Digest: s.build(image.Name, nil), IsDone: true})
	}
	measure("released", status.Released)
	s.registry.Protect(ocitest.Guard{Username: "me", Password: "secret", Tokens: true})
	measure("released, tokens", status.Released)
}
