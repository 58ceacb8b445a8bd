package cuex

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
)

// runsOf returns a regular expression as runs of characters, or nil where it is more than that.
func runsOf(expression string) []shape.Run {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	parts := parsed.Sub
	last := len(parts) - 1
	if parsed.Op != syntax.OpConcat || last < 1 || parts[0].Op != syntax.OpBeginText || parts[last].Op != syntax.OpEndText {
		return nil
	}
	var runs []shape.Run
	for _, part := range parts[1:last] {
		run, ok := runOf(part)
		if !ok {
			return nil
		}
		runs = append(runs, run...)
	}
	if !isDecided(runs) {
		return nil
	}
	return runs
}

// runOf returns a character, a class of them, or a repetition of either as runs; a word is one run for each letter.
func runOf(part *syntax.Regexp) ([]shape.Run, bool) {
	count := shape.Run{Min: 1, Max: 1}
	of := part
	switch part.Op {
	case syntax.OpStar:
		count, of = shape.Run{Min: 0, Max: shape.Unlimited}, part.Sub[0]
	case syntax.OpPlus:
		count, of = shape.Run{Min: 1, Max: shape.Unlimited}, part.Sub[0]
	case syntax.OpQuest:
		count, of = shape.Run{Min: 0, Max: 1}, part.Sub[0]
	case syntax.OpRepeat:
		count, of = shape.Run{Min: part.Min, Max: part.Max}, part.Sub[0] // -1 is no maximum there too
	}
	classes := classesOf(of)
	if classes == nil || of != part && len(classes) > 1 {
		return nil, false
	}
	var runs []shape.Run
	for _, class := range classes {
		runs = append(runs, shape.Run{Class: class, Min: count.Min, Max: count.Max})
	}
	return runs, true
}

// classesOf returns the characters that may be at each place of a text of fixed length, or nil.
func classesOf(part *syntax.Regexp) [][]rune {
	if part.Flags&syntax.FoldCase != 0 {
		return nil
	}
	switch part.Op {
	case syntax.OpLiteral:
		var classes [][]rune
		for _, r := range part.Rune {
			classes = append(classes, []rune{r, r})
		}
		return classes
	case syntax.OpCharClass:
		return [][]rune{part.Rune}
	case syntax.OpAnyCharNotNL:
		return [][]rune{{0, '\n' - 1, '\n' + 1, utf8.MaxRune}}
	case syntax.OpAnyChar:
		return [][]rune{{0, utf8.MaxRune}}
	}
	return nil
}

// isDecided reports whether each character of a text can belong to one run only: where a run may end early, none of its characters may
// begin what follows.
func isDecided(runs []shape.Run) bool {
	for i, run := range runs {
		if run.Min == run.Max {
			continue
		}
		for _, next := range runs[i+1:] {
			if overlap(run.Class, next.Class) {
				return false
			}
			if next.Min > 0 {
				break
			}
		}
	}
	return true
}

func overlap(a, b []rune) bool {
	return slices.ContainsFunc(pairs(a), func(x [2]rune) bool {
		return slices.ContainsFunc(pairs(b), func(y [2]rune) bool { return x[0] <= y[1] && y[0] <= x[1] })
	})
}

func pairs(class []rune) [][2]rune {
	var out [][2]rune
	for i := 0; i < len(class); i += 2 {
		out = append(out, [2]rune{class[i], class[i+1]})
	}
	return out
}
