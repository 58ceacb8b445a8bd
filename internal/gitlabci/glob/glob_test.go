package glob_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/glob"
)

func TestPatternsMatchAsInRuby(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern, path string
		want          bool
	}{
		"a file":                           {"a/b.txt", "a/b.txt", true},
		"a folder alone":                   {"a", "a/b.txt", false},
		"a folder with a slash":            {"a/", "a/b.txt", false},
		"a star in one folder":             {"a/*", "a/b.txt", true},
		"a star does not cross folders":    {"a/*", "a/b/c.txt", false},
		"a star matches a leading dot":     {"*", ".hidden", true},
		"all files below a folder":         {"a/**/*", "a/b/c.txt", true},
		"also those in the folder":         {"a/**/*", "a/c.txt", true},
		"two stars at the end are one":     {"a/**", "a/b/c.txt", false},
		"a name at any depth":              {"**/c.txt", "a/b/c.txt", true},
		"two stars in a name are one":      {"a**/c.txt", "a/b/c.txt", false},
		"two depths":                       {"**/a/**/c", "x/a/y/z/c", true},
		"a single character":               {"a?c", "abc", true},
		"a character is not a slash":       {"a?c", "a/c", false},
		"a character of many bytes":        {"a?c", "aéc", true},
		"a set of characters":              {"d [1]", "d 1", true},
		"a set is not its text":            {"d [1]", "d [1]", false},
		"an escaped set":                   {`d \[1\]`, "d [1]", true},
		"a range":                          {"v[0-9]", "v7", true},
		"none of a set":                    {"v[!0-9]", "v7", false},
		"none of a set, the other way":     {"v[^0-9]", "vx", true},
		"a set that does not end":          {"v[0", "v0", false},
		"alternatives":                     {"*.{yml,yaml}", "a.yaml", true},
		"alternatives with folders":        {"{a,b/c}/*", "b/c/d", true},
		"nested alternatives":              {"{a{b,c},d}", "ac", true},
		"an empty alternative":             {"a{,b}", "a", true},
		"braces that do not pair":          {"a{b", "a{b", false},
		"an escaped brace":                 {`a\{b`, "a{b", true},
		"a closing brace alone":            {"a}", "a}", true},
		"letters of another case":          {"A", "a", false},
		"nothing":                          {"", "a", false},
		"too many alternatives for anyone": {strings.Repeat("{a,b,c,d,e,f,g,h,i,j}", 12), strings.Repeat("a", 12), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := glob.Parse(test.pattern).Match(test.path); got != test.want {
				t.Errorf("%q and %q match: %v, want %v", test.pattern, test.path, got, test.want)
			}
		})
	}
}

// FuzzMatch finds patterns on which matching panics or does not end.
func FuzzMatch(f *testing.F) {
	f.Add("**/*.{a,b}[!c-d]?\\*", "x/y.b")
	f.Add("{{a,b},{c,{d,e}}}**/", "a/b")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if got := glob.Parse(pattern).Match(path); got && pattern == "" && path != "" {
			t.Errorf("nothing matches %q", path)
		}
	})
}
