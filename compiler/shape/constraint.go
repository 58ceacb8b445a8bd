package shape

import (
	"regexp"
	"strconv"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// constraints judge values. Definitions repeat the same ones over and over, so each is judged once, and an expression is
// compiled when it is first needed.
type constraints struct {
	verdicts map[judgement]bool
	compiled map[*Pattern]*regexp.Regexp
}

type judgement struct {
	scalar *Scalar
	text   string
}

func newConstraints() constraints {
	return constraints{verdicts: map[judgement]bool{}, compiled: map[*Pattern]*regexp.Regexp{}}
}

// Allows reports whether a scalar of the right kind is one of those that its constraint allows.
func (s *Scalar) Allows(n *tree.Node) bool { return newConstraints().allow(s, n) }

func (c constraints) allow(want *Scalar, n *tree.Node) bool {
	switch {
	case want.Range != nil:
		return want.Range.has(n)
	case want.Patterns == nil:
		return true
	}
	question := judgement{want, n.Text}
	verdict, known := c.verdicts[question]
	if !known {
		verdict = c.match(want, n)
		c.verdicts[question] = verdict
	}
	return verdict
}

func (c constraints) match(want *Scalar, n *tree.Node) bool {
	for i := range want.Patterns {
		if !c.matches(&want.Patterns[i], n.Text) {
			return false
		}
	}
	return n.Kind == tree.String
}

func (c constraints) matches(p *Pattern, text string) bool {
	if p.Runs != nil {
		return runsMatch(p.Runs, text)
	}
	expression, ok := c.compiled[p]
	if !ok {
		expression = regexp.MustCompile(p.Text) // a test compiles all of them
		c.compiled[p] = expression
	}
	return expression.MatchString(text)
}

// runsMatch takes as many characters as it can for each run.
func runsMatch(runs []Run, text string) bool {
	for i := range runs {
		run, taken := &runs[i], 0
		for text != "" && taken != run.Max {
			r, size := utf8.DecodeRuneInString(text)
			if !run.has(r) {
				break
			}
			text = text[size:]
			taken++
		}
		if taken < run.Min {
			return false
		}
	}
	return text == ""
}

func (r *Run) has(character rune) bool {
	for i := 0; i < len(r.Class); i += 2 {
		if r.Class[i] <= character && character <= r.Class[i+1] {
			return true
		}
	}
	return false
}

func (r *Range) has(n *tree.Node) bool {
	number, err := strconv.ParseInt(n.Text, 0, 64)
	return n.Kind == tree.Int && err == nil && r.Min <= number && number <= r.Max
}
