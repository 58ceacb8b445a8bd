package content_test

import (
	"errors"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/content"
)

func TestCheckPattern(t *testing.T) {
	t.Parallel()
	for pattern, isGood := range map[string]bool{
		"a/**/*.{c,h}":                                              true,
		strings.Repeat("{a,b}", 9):                                  true,
		strings.Repeat("{a,b}", 10):                                 false,
		strings.Repeat("{a,b}", 26):                                 false,
		strings.Repeat("{a,b}", 10_000):                             false,
		strings.Repeat("{a,", 5000):                                 true, // no braces close: it matches nothing
		strings.Repeat(`\{a,b\}`, 26):                               true,
		"{" + strings.Repeat("a,", 2000):                            true,
		"{" + strings.Repeat("a,", 2000) + "}":                      false,
		"{{a,b,c},{d,{e,f}}}":                                       true,
		strings.Repeat("{a,", 999) + "b" + strings.Repeat("}", 999): true,
		strings.Repeat("**/", 8) + "a":                              true,
		strings.Repeat("**/", 9) + "a":                              false,
	} {
		if err := content.CheckPattern(pattern); err == nil != isGood || err != nil && !errors.Is(err, content.ErrPattern) {
			t.Errorf("%.40s: %v", pattern, err)
		}
	}
}
