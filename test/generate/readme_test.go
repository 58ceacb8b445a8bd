package generate_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
)

// TestReadmeShowsRealOutput compiles the README's definition and looks for the output that it shows.
func TestReadmeShowsRealOutput(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(top + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(source), 2)
	if len(blocks) != 2 {
		t.Fatal("the README has no definition and no output")
	}
	result, found, err := compiler.Compile(fstest.MapFS{definition.YAMLFile: {Data: []byte(blocks[0][1])}})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	if output := string(result.Files[0].Content); !strings.Contains(output, blocks[1][1]) {
		t.Errorf("the README shows\n%s\nbut this is compiled:\n%s", blocks[1][1], output)
	}
}
