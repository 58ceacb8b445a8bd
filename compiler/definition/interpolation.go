package definition

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// refuseInterpolation reports text that GitLab would replace while it reads the compiled file. Inputs cannot be escaped,
// see https://docs.gitlab.com/ci/inputs/.
func refuseInterpolation(n *tree.Node, found *diagnostic.List) {
	report := func(text string, at diagnostic.Span) {
		if strings.Contains(text, "$[[") {
			found.Errorf(diagnostic.Interpolation, at, "GitLab would replace the `$[[` in this text before any job runs").
				WithHint("write it another way; in a shell snippet `$ [[` or `\"$\"[[`")
		}
	}
	switch n.Kind {
	case tree.String:
		report(n.Text, n.Span)
	case tree.List:
		for _, item := range n.Items {
			refuseInterpolation(item, found)
		}
	case tree.Map:
		for i := range n.Fields {
			report(n.Fields[i].Name, n.Fields[i].Span)
			refuseInterpolation(n.Fields[i].Value, found)
		}
	}
}
