package cuex

import (
	"strconv"

	"cuelang.org/go/cue"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// judgement is one question put to CUE. Definitions ask the same ones over and over, so each is asked once.
type judgement struct {
	scalar *scalar
	text   string
}

// allows reports whether a scalar of the right kind fulfils its constraint.
func (s *Schema) allows(want *scalar, n *tree.Node) bool {
	if !want.constraint.Exists() {
		return true
	}
	question := judgement{want, n.Text}
	verdict, known := s.verdict[question]
	if !known {
		verdict = want.constraint.Unify(s.values.Encode(valueOf(n))).Validate(cue.Concrete(true)) == nil
		s.verdict[question] = verdict
	}
	return verdict
}

// valueOf is a scalar as CUE has it.
func valueOf(n *tree.Node) any {
	if n.Kind == tree.Int {
		if number, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
			return number
		}
	}
	return n.Text
}
