package changes_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/changes"
	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/glob"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"a/*.sh": "a/*.sh", "**": "**/*", "**/a": "**/a", "a/**": "a/**/*", "a**": "a**", "a/**.sh": "a/**.sh",
		"{a/**,b}": "{a/**/*,b}", "{b,a/**}": "{b,a/**/*}", "{a/**,b}/c": "{a/**,b}/c", "{a/**,b}c": "{a/**,b}c",
		"a/{**,b}": "a/{**/*,b}", "a/{b,{c,**}}": "a/{b,{c,**/*}}", "a/{b,{**,c},d}": "a/{b,{**/*,c},d}", "a{**,b}": "a{**,b}", "{**,b}": "{**/*,b}",
		"a$B": "a[$]B", "a%B%": "a[%]B[%]", "[a$B]": "[a$B]", `\{a\}$`: `\{a\}[$]`, `\[$a]`: `\[[$]a]`, "a,**": "a,**", "}/**": "}/**/*", "[": "[", `\`: `\`,
	} {
		if got := changes.Pattern(pattern); got != want {
			t.Errorf("%s became %s, want %s", pattern, got, want)
		}
	}
}

// FuzzPattern finds a file that counts for a tag and that the pattern of `rules:changes` does not match.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{"a/{b,{c,**}}", "{a/**,b}/c", "**/{a,**}", "[!a]*/?", "{a,b/**,c}", "**/**", "a/**/b"} {
		f.Add(pattern, "a/b/c")
		f.Add(pattern, "b")
	}
	f.Fuzz(func(t *testing.T, pattern, file string) {
		if !isPlain(pattern) || !fs.ValidPath(file) || file == "." || strings.Trim(file, "abc/") != "" {
			return
		}
		found, err := content.Glob(fstest.MapFS{file: {}}, pattern)
		if err != nil || len(found) == 0 {
			return
		}
		if !glob.Parse(changes.Pattern(pattern)).Match(file) {
			t.Errorf("%s names %s, but %s does not match it", pattern, file, changes.Pattern(pattern))
		}
	})
}

// isPlain reports whether a pattern is one of those that people write.
func isPlain(pattern string) bool {
	odd := regexp.MustCompile(`//|^/|/$|\*{3}|[{,]/|/[,}]`)
	return strings.Trim(pattern, "abc/*?{,}[!]") == "" && !odd.MatchString(pattern)
}
