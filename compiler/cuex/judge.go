package cuex

import (
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
		verdict = want.constraint.Unify(s.values.Encode(n.Text)).Validate(cue.Concrete(true)) == nil
		s.verdict[question] = verdict
	}
	return verdict
}
