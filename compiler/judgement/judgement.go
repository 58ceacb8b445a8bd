// Package judgement has the result of judging a resolved definition by a policy.
package judgement

import "gitlab.com/stemma-ci/stemma/compiler/diagnostic"

// Judgement is what a policy says about a resolved definition.
type Judgement struct {
	// Rules are the names of the policy's rules, sorted: those of its files without ".cue". They are nil if it cannot be read.
	Rules []string
	// Files are the files of the policy's package that are in the project.
	Files []string
	// Violations are in no order.
	Violations []Violation
}

// Violation is a rule that is broken.
type Violation struct {
	// Rule and Image may be empty: CUE does not always know the rule, and a rule may be about the whole definition.
	Rule, Image string
	Finding     diagnostic.Diagnostic
	// IsWhole says that CUE does not know the value in the image.
	IsWhole bool
}
