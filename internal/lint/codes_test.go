package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

const (
	pagesFolder = "../../docs/diagnostics"
	scripts     = "../../cmd/stemma/testdata/script/*.txtar"
)

func TestEveryCodeHasAPageAndEveryPageACode(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(pagesFolder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); name != "README" {
			pages = append(pages, name)
		}
	}
	slices.Sort(pages) // files are sorted with their extensions
	if diff := cmp.Diff(sortedCodes(), pages); diff != "" {
		t.Errorf("codes (-) and pages (+) differ:\n%s", diff)
	}
}

func TestTheListOfPagesNamesEveryCodeInOrder(t *testing.T) {
	t.Parallel()
	var linked []string
	for _, match := range regexp.MustCompile(`\((.*)\.md\)`).FindAllStringSubmatch(read(t, filepath.Join(pagesFolder, "README.md")), -1) {
		linked = append(linked, match[1])
	}
	var want []string
	for _, code := range diagnostic.Codes() {
		want = append(want, string(code))
	}
	if diff := cmp.Diff(want, linked); diff != "" {
		t.Errorf("codes (-) and links (+) differ:\n%s", diff)
	}
}

func TestEveryCodeIsProvokedByAScript(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(scripts)
	if err != nil {
		t.Fatal(err)
	}
	provoked := map[string]bool{}
	finding := regexp.MustCompile(`(?:error|warning)\\?\[([a-z-]+)\\?\]`)
	for _, file := range files {
		for _, match := range finding.FindAllStringSubmatch(read(t, file), -1) {
			provoked[match[1]] = true
		}
	}
	for _, code := range sortedCodes() {
		if !provoked[code] {
			t.Errorf("no script in %s ends in %s", scripts, code)
		}
	}
}

func sortedCodes() []string {
	var codes []string
	for _, code := range diagnostic.Codes() {
		codes = append(codes, string(code))
	}
	slices.Sort(codes)
	return codes
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
