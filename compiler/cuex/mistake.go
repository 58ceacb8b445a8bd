package cuex

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

const patternHint = "correct the pattern: https://pkg.go.dev/regexp/syntax has the syntax"

// mistakeHints are for messages about a policy itself. They do not depend on the image that CUE compares with the policy.
var mistakeHints = hints{
	{"invalid regexp", patternHint},
	{"builtin package", "correct the name of the package, or name its module in cue.mod/module.cue"},
	{"cannot call non-function", "correct the name of the function: https://pkg.go.dev/cuelang.org/go/pkg has all"},
	{"arguments in call", "give the function as many arguments as it has"},
}

// reportMistake reports a mistake in the policy once, although CUE finds it in each image.
func (e *evaluation) reportMistake(err errors.Error, places []token.Position, hint string) {
	at := e.places.fallback
	if len(places) > 0 {
		at = e.places.span(places[0])
	}
	message := messageOf(err)
	if !slices.ContainsFunc(*e.mistakes, func(d diagnostic.Diagnostic) bool { return d.Span == at && d.Message == message }) {
		e.mistakes.Errorf(diagnostic.CUE, at, "%s", message).WithHint("%s", hint)
	}
}

// refusePatterns reports regular expressions of a policy that are wrong. In a disjunction, CUE takes one as an alternative that no value fits, and
// says that all images break the rule.
func (e *evaluation) refusePatterns() (isRefused bool) {
	for _, file := range slices.Sorted(maps.Keys(e.places.rules)) {
		ast.Walk(e.places.files[file], func(n ast.Node) bool {
			text := patternIn(n)
			if text == nil {
				return true
			}
			if pattern, err := literal.Unquote(text.Value); err == nil {
				if _, err := regexp.Compile(pattern); err != nil {
					e.found.Errorf(diagnostic.CUE, e.places.span(text.Pos().Position()), "the pattern %s is wrong: %s", diagnostic.Quote(pattern), shorten(strings.TrimPrefix(err.Error(), "error parsing regexp: "))).
						WithHint("%s", patternHint)
					isRefused = true
				}
			}
			return true
		}, nil)
	}
	return isRefused
}

// patternIn returns the regular expression that a node compares with, if it is written out: `=~"x"`, or `name =~ "x"`.
func patternIn(n ast.Node) *ast.BasicLit {
	var operator token.Token
	var operand ast.Expr
	switch n := n.(type) {
	case *ast.UnaryExpr:
		operator, operand = n.Op, n.X
	case *ast.BinaryExpr:
		operator, operand = n.Op, n.Y
	}
	text, ok := operand.(*ast.BasicLit)
	if !ok || text.Kind != token.STRING || operator != token.MAT && operator != token.NMAT {
		return nil
	}
	return text
}
