// Package pattern has regular expressions that are compiled when they are first used: a command needs few of those that its program
// has, and compiling all of them would take longer than most commands.
package pattern

import (
	"regexp"
	"sync"
)

// Lazy returns a function that compiles an expression at its first call. A mistake in the expression is a fault of the program.
func Lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
