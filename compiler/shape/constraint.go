package shape

import (
	"regexp"
	"strconv"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// constraints judge values. Definitions repeat the same ones over and over, so each is judged once, and an expression is
// compiled when it is first needed.
type constraints struct {
	verdicts map[judgement]bool
	compiled map[*Scalar][]*regexp.Regexp
}

type judgement struct {
	scalar *Scalar
	text   string
}

func newConstraints() constraints {
	return constraints{verdicts: map[judgement]bool{}, compiled: map[*Scalar][]*regexp.Regexp{}}
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
	patterns, ok := c.compiled[want]
	if !ok {
		for _, pattern := range want.Patterns {
			patterns = append(patterns, regexp.MustCompile(pattern)) // a test compiles all of them
		}
		c.compiled[want] = patterns
	}
	for _, pattern := range patterns {
		if !pattern.MatchString(n.Text) {
			return false
		}
	}
	return n.Kind == tree.String
}

func (r *Range) has(n *tree.Node) bool {
	number, err := strconv.ParseInt(n.Text, 0, 64)
	return n.Kind == tree.Int && err == nil && r.Min <= number && number <= r.Max
}
