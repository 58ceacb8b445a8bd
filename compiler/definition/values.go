package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// text returns a text of a checked document. It ignores a value of another kind, which the check has reported.
func text(n *tree.Node) Located[string] {
	if n == nil || n.Kind != tree.String {
		return Located[string]{}
	}
	return Located[string]{n.Text, n.Span}
}

func isEmptyList(n *tree.Node) bool { return n != nil && n.Kind == tree.List && len(n.Items) == 0 }

func truth(n *tree.Node) bool { return n != nil && n.Kind == tree.Bool && n.Text == "true" }

// checkPins reports places of tags that have both a key and a pattern, or neither.
func (l *loader) checkPins(pins []Pin) {
	for _, pin := range pins {
		if (pin.Key == "") == (pin.Pattern == "") {
			l.found.Errorf(diagnostic.ConflictingKeys, pin.Span, "a pin has either key or pattern, not both").WithHint("write one of them")
		}
	}
}
