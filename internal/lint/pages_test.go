package lint

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

var update = flag.Bool("update", false, "rewrite what the pages of the manual say that examples print")

// A page's example is files, each with its name above it, and what compiling them prints.
var (
	exampleFile   = regexp.MustCompile("(?s)\n`([^`\n]+)`:\n\n```[a-z]+\n(.*?\n)```\n")
	exampleOutput = regexp.MustCompile("(?s)\n```text\n(.*?)```\n")
)

// unshown are the codes whose pages have no example to compile: it would be too large, no text, or more than one compilation, or is
// the pipeline around what is compiled.
var unshown = []diagnostic.Code{diagnostic.Encoding, diagnostic.Limit, diagnostic.ForeignFile, diagnostic.Drift, diagnostic.StaleTag, diagnostic.Untracked, diagnostic.ReadmeTable, diagnostic.Import, diagnostic.Pipeline, diagnostic.Inputs, diagnostic.ComponentVersion, diagnostic.NotIncluded, diagnostic.Subfolder, diagnostic.DuplicatePipelines, diagnostic.Stages, diagnostic.Needs, diagnostic.RunnerTags, diagnostic.WrongProject}

func TestExamplesOfPagesPrintWhatThePagesSay(t *testing.T) {
	t.Parallel()
	for _, code := range diagnostic.Codes() {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(pagesFolder, string(code)+".md")
			page := read(t, file)
			if !strings.HasPrefix(page, "# "+string(code)+"\n") {
				t.Error("the page does not begin with its code")
			}
			if !slices.Contains(unshown, code) {
				checkExample(t, code, file, page)
			}
		})
	}
}

func checkExample(t *testing.T, code diagnostic.Code, file, page string) {
	t.Helper()
	project := fstest.MapFS{}
	for _, match := range exampleFile.FindAllStringSubmatch(page, -1) {
		project[match[1]] = &fstest.MapFile{Data: []byte(match[2])}
	}
	output := exampleOutput.FindStringSubmatchIndex(page)
	if output == nil {
		t.Fatal("the page has no example with its output")
	}
	got := compile(t, project)
	if !strings.Contains(got, "["+string(code)+"]") {
		t.Errorf("the example does not end in the page's code:\n%s", got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(page[:output[2]]+got+page[output[3]:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(page[output[2]:output[3]], got); diff != "" {
		t.Errorf("the page (-) and the compiler (+) differ; run this test with -update:\n%s", diff)
	}
}

func compile(t *testing.T, project fstest.MapFS) string {
	t.Helper()
	_, found, err := compilertest.Compile(project)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	source := func(name string) []byte {
		if file, ok := project[name]; ok {
			return file.Data
		}
		return nil
	}
	if err := report.Text(&out, found, source, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// pageDefinition matches a whole definition in a page.
var pageDefinition = regexp.MustCompile("(?ms)^```yaml\n(version: 1\n.*?)^```$")

// elsewhere are the codes of findings about files and modules that a definition names, which are not in its page.
var elsewhere = []diagnostic.Code{diagnostic.MissingFile, diagnostic.CUE}

// TestDefinitionsOfPagesCompile compiles each whole definition that a page shows.
func TestDefinitionsOfPagesCompile(t *testing.T) {
	t.Parallel()
	compiled := 0
	for _, page := range pages(t) {
		if strings.HasPrefix(page, "docs/diagnostics/") {
			continue // their examples are wrong on purpose
		}
		for _, match := range pageDefinition.FindAllStringSubmatch(read(t, filepath.Join(top, page)), -1) {
			compiled++
			_, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": {Data: []byte(match[1])}})
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range found {
				if finding.Severity == diagnostic.Error && !slices.Contains(elsewhere, finding.Code) {
					t.Errorf("%s: %s: %s\n%s", page, finding.Code, finding.Message, match[1])
				}
			}
		}
	}
	if compiled < 5 {
		t.Errorf("got %d definitions, want more", compiled)
	}
}
