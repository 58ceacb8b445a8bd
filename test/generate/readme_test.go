package generate_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
)

// TestReadmeShowsRealOutput compiles the README's definition and looks for the output that it shows, or replaces what it shows
// by as many lines of compiled output.
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
	result, found, err := compilertest.Compile(fstest.MapFS{definition.YAMLFile: {Data: []byte(blocks[0][1])}})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	shown, output := blocks[1][1], string(result.Files[0].Content)
	if strings.Contains(output, shown) {
		return
	}
	if !*update {
		t.Fatalf("the README shows\n%s\nbut this is compiled:\n%s", shown, output)
	}
	first, _, _ := strings.Cut(shown, "\n")
	at := strings.Index(output, first+"\n")
	if at < 0 {
		t.Fatalf("nothing that is compiled begins with %q", first)
	}
	lines := strings.SplitAfterN(output[at:], "\n", strings.Count(shown, "\n")+1)
	now := strings.Join(lines[:len(lines)-1], "")
	if err := os.WriteFile(top+"/README.md", bytes.Replace(source, []byte(shown), []byte(now), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}
