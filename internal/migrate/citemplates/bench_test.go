package citemplates_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/citemplates"
)

// many is a file with so many build jobs, each built on the one before, and two jobs that run in each.
func many(n int) fstest.MapFS {
	var out strings.Builder
	out.WriteString(header + ".common:\n  stage: prep\n  variables: {DAY: '2026-01-01', FDO_DISTRIBUTION_VERSION: 13, FDO_DISTRIBUTION_TAG: $DAY.0, FDO_DISTRIBUTION_EXEC: sh ci/x.sh $DAY}\n")
	for i := range n {
		fmt.Fprintf(&out, ".v%d: {extends: .common, variables: {FDO_REPO_SUFFIX: image/i%d}}\n", i, i)
		fmt.Fprintf(&out, "b%d: {extends: [.v%d, .fdo.container-build@debian], variables: {FDO_BASE_IMAGE: '$CI_REGISTRY_IMAGE/image/i%d:$FDO_DISTRIBUTION_TAG'}}\n", i, i, i-1)
		for use := range 2 {
			fmt.Fprintf(&out, "u%d-%d: {extends: [.v%d, .fdo.suffixed-image@debian], needs: [b%d], script: [x]}\n", i, use, i, i)
		}
	}
	content := strings.Replace(out.String(), ", variables: {FDO_BASE_IMAGE: '$CI_REGISTRY_IMAGE/image/i-1:$FDO_DISTRIBUTION_TAG'}", "", 1)
	return fstest.MapFS{".gitlab-ci.yml": {Data: []byte(content)}, "ci/x.sh": {Data: []byte("echo $DAY")}}
}

func BenchmarkImport(b *testing.B) {
	tree := many(1000)
	for b.Loop() {
		files, _, found, err := citemplates.Import(tree, ".gitlab-ci.yml", "")
		if err != nil || len(found) > 0 || len(files) != 1001 {
			b.Fatal(err, found, len(files))
		}
	}
}
