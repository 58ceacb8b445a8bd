package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
)

// BenchmarkCompare compares 1,000 images in chains of ten, whose jobs are in the project's own pipeline, without the two compilations.
func BenchmarkCompare(b *testing.B) {
	definition := func(version string) string {
		var text strings.Builder
		text.WriteString("version: 1\nproject: group/project\nchildren: false\nimages:\n")
		for i := range 1000 {
			origin := "distribution: debian, version: " + version
			if i%10 > 0 {
				origin = fmt.Sprintf("base: i%d", i-1)
			}
			fmt.Fprintf(&text, "  i%d: {%s, packages: [curl, p%d], tests: [{name: works, run: \"true\"}]}\n", i, origin, i)
		}
		return text.String()
	}
	project := func(debian string) version {
		return version{files: mapFS(map[string]string{"stemma.yaml": definition(debian), ".gitlab-ci.yml": "include: .gitlab/stemma.gitlab-ci.yml\n"})}
	}
	old := compile(b, "old", project("bookworm"))
	for name, to := range map[string]string{"nothing changes": "bookworm", "everything is rebuilt": "trixie"} {
		b.Run(name, func(b *testing.B) {
			new := compile(b, "new", project(to))
			for b.Loop() {
				if _, err := diff.Compare(old, new); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
