package content_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/content"
)

func TestASuggestedPathIsComplete(t *testing.T) {
	t.Parallel()
	folder := "images/" + strings.Repeat("long/", 20)
	fsys := fstest.MapFS{folder + "packages.txt": {}}
	problem, _ := content.NoMatch(fsys, folder+"package.txt")
	if suggestion := `; did you mean "` + folder + `packages.txt"?`; !strings.HasSuffix(problem, suggestion) {
		t.Errorf("got %s, want it to end in %s", problem, suggestion)
	}
}
