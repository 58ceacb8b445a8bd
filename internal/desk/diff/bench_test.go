package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
)

// BenchmarkCompare compares 1,000 images in chains of ten, without the two compilations.
func BenchmarkCompare(b *testing.B) {
	definition := func(version string) string {
		var text strings.Builder
		text.WriteString("version: 1\nproject: group/project\nimages:\n")
		for i := range 1000 {
			origin := "distribution: debian, version: " + version
			if i%10 > 0 {
				origin = fmt.Sprintf("base: i%d", i-1)
			}
			fmt.Fprintf(&text, "  i%d: {%s, packages: [curl, p%d], tests: [{name: works, run: \"true\"}]}\n", i, origin, i)
		}
		return text.String()
	}
	old := compile(b, "old", version{files: mapFS(map[string]string{"stemma.yaml": definition("bookworm")})})
	for name, to := range map[string]string{"nothing changes": "bookworm", "everything is rebuilt": "trixie"} {
		b.Run(name, func(b *testing.B) {
			new := compile(b, "new", version{files: mapFS(map[string]string{"stemma.yaml": definition(to)})})
			for b.Loop() {
				if _, err := diff.Compare(old, new); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
