package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// pattern is a regular expression of GitLab. It is RE2's, as Go's is, with few differences.
type pattern struct {
	// source is what RE2 gets, for comparisons.
	source string
	// search finds the pattern. It is nil where nothing matches: GitLab searches for the pattern in parentheses, and `\Q`
	// without `\E` quotes the closing one.
	search *regexp.Regexp
}

// written matches a pattern in a text of any number of lines, of which one is the pattern.
var written = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^/(.*)/([ismU]*)$`) })

// compile reads a pattern with its slashes and flags, as from a variable.
func compile(text string) (*pattern, error) {
	parts := written().FindStringSubmatch(strings.ReplaceAll(text, `\/`, "/"))
	if parts == nil {
		return nil, errors.New("it needs a slash at its begin and its end")
	}
	source := parts[1]
	if parts[2] != "" {
		source = "(?" + parts[2] + ")" + source
	}
	converted, isOpen, err := convert(source)
	if err != nil {
		return nil, err
	}
	search, err := regexp.Compile(converted)
	if err != nil {
		return nil, err
	}
	if isOpen && search.NumSubexp() == 0 {
		search = nil
	}
	return &pattern{source: source, search: search}, nil
}

func (p *pattern) matches(text string) bool { return p.search != nil && p.search.MatchString(text) }

// special matches what RE2 and Go read differently, and quoted text, in which nothing is special().
var special = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)\\Q.*?(\\E|$)|\\C|\\[pP](?:\{\^?([^}]*)\}|([^{]))|\\.`)
})

// convert writes a pattern of RE2 in the syntax of Go. isOpen says that the pattern ends within `\Q`.
func convert(source string) (converted string, isOpen bool, err error) {
	converted = special().ReplaceAllStringFunc(source, func(found string) string {
		switch {
		case strings.HasPrefix(found, `\Q`):
			isOpen = !strings.HasSuffix(found, `\E`)
		case found == `\C`:
			return "(?s:.)"
		case found[1] == 'p' || found[1] == 'P':
			if names := special().FindStringSubmatch(found)[2:]; !isClass(strings.Join(names, "")) {
				err = fmt.Errorf("no class of characters is called %s", found)
			}
		}
		return found
	})
	return converted, isOpen, err
}

// isClass reports whether RE2 knows a class of characters. Go knows more names, and takes them in any case.
func isClass(name string) bool {
	_, isCategory := unicode.Categories[name]
	_, isScript := unicode.Scripts[name]
	return isCategory && len(name) <= 2 || isScript || name == "Any"
}

// MatchPattern matches text with a pattern between slashes. It reports false for isPattern where the pattern is not one, or not valid.
func MatchPattern(pattern, text string) (matches, isPattern bool) {
	compiled, err := compile(pattern)
	if err != nil {
		return false, false
	}
	return compiled.matches(text), true
}
