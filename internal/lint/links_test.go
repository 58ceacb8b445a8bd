package lint

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const top = "../.."

var (
	codeBlock  = regexp.MustCompile("(?ms)^ *```.*?^ *```[^\n]*$")
	pageLink   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInLinks = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

func TestLinksOfPagesLeadToFilesAndHeadings(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, match := range pageLink.FindAllStringSubmatch(prose(t, page), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(match[1], "#")
			file := page
			if target != "" {
				file = path.Join(path.Dir(page), target)
			}
			if _, err := os.Stat(filepath.Join(top, file)); err != nil {
				t.Errorf("%s: the link %s leads to no file", page, match[1])
				continue
			}
			if anchor != "" && !anchors(prose(t, file))[anchor] {
				t.Errorf("%s: the link %s leads to no heading", page, match[1])
			}
		}
	}
}

// pages are the pages that git knows, by their paths from the project's root.
func pages(t *testing.T) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "git", "-C", top, "ls-files", "-z", "--", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimRight(string(output), "\x00"), "\x00")
	if len(list) < 2 {
		t.Fatalf("git knows the pages %q, want more", list)
	}
	return list
}

// prose is a page without its blocks of code.
func prose(t *testing.T, page string) string {
	t.Helper()
	return codeBlock.ReplaceAllString(read(t, filepath.Join(top, page)), "")
}

// anchors are the names that GitLab gives the headings of a page, https://docs.gitlab.com/user/markdown/#heading-ids-and-links.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		all[strings.ReplaceAll(notInLinks.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}
	return all
}

func TestEveryExampleHasAPage(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Glob(filepath.Join(top, "examples", "*"))
	if err != nil || len(examples) == 0 {
		t.Fatal(examples, err)
	}
	for _, example := range examples {
		if _, err := os.Stat(filepath.Join(example, "README.md")); err != nil {
			t.Errorf("%s has no README.md", example)
		}
	}
}
