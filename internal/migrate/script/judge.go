package script

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// verdict is what is known of a condition.
type verdict int

const (
	unknown verdict = iota
	isTrue
	isFalse
)

func of(holds bool) verdict {
	if holds {
		return isTrue
	}
	return isFalse
}

func not(v verdict) verdict {
	switch v {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	}
	return unknown
}

// judge judges a condition that is one comparison of values that are known, or a test whether a variable is empty.
func (w *walker) judge(s *state, list []*syntax.Stmt) verdict {
	if len(list) != 1 || list[0].Negated {
		return unknown
	}
	switch c := list[0].Cmd.(type) {
	case *syntax.CallExpr:
		var args []string
		for _, word := range c.Args {
			args = append(args, w.text(s, word.Parts, false))
		}
		if len(args) < 3 || args[0] != "[" && args[0] != "test" {
			return unknown
		}
		return compare(slices.DeleteFunc(args[1:], func(arg string) bool { return arg == "]" }))
	case *syntax.TestClause:
		return w.test(s, c.X)
	}
	return unknown
}

func (w *walker) test(s *state, x syntax.TestExpr) verdict {
	switch x := x.(type) {
	case *syntax.BinaryTest:
		left, isLeft := x.X.(*syntax.Word)
		right, isRight := x.Y.(*syntax.Word)
		if isLeft && isRight {
			return compare([]string{w.text(s, left.Parts, false), x.Op.String(), w.text(s, right.Parts, false)})
		}
	case *syntax.UnaryTest:
		if word, ok := x.X.(*syntax.Word); ok {
			return compare([]string{x.Op.String(), w.text(s, word.Parts, false)})
		}
	}
	return unknown
}

func compare(args []string) verdict {
	for _, arg := range args {
		if IsOpen(arg) || strings.ContainsAny(arg, "*?") {
			return unknown
		}
	}
	switch {
	case len(args) == 3 && (args[1] == "=" || args[1] == "=="):
		return of(args[0] == args[2])
	case len(args) == 3 && args[1] == "!=":
		return of(args[0] != args[2])
	case len(args) == 2 && args[0] == "-n":
		return of(args[1] != "")
	case len(args) == 2 && args[0] == "-z":
		return of(args[1] == "")
	}
	return unknown
}

// matches judges whether a word matches one of the patterns of a branch of `case`.
func (w *walker) matches(s *state, word *syntax.Word, patterns []*syntax.Word) verdict {
	text := w.text(s, word.Parts, false)
	verdict := isFalse
	for _, p := range patterns {
		glob := w.text(s, p.Parts, false)
		expression, err := pattern.Regexp(glob, pattern.EntireString)
		switch {
		case glob == "*":
			return isTrue
		case err != nil || IsOpen(text) || IsOpen(glob):
			verdict = unknown
		case regexp.MustCompile(expression).MatchString(text):
			return isTrue
		}
	}
	return verdict
}
