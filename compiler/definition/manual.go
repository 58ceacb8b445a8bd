package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Manual tells how a person starts a chain of images.
type Manual string

// The ways to start a chain.
const (
	// NotManual is a chain that starts by itself.
	NotManual Manual = ""
	// ManualStart has a play button in every pipeline, which passes without it.
	ManualStart Manual = "start"
	// ManualBlocking has a play button in every pipeline, which is blocked until somebody clicks it.
	ManualBlocking Manual = "blocking"
	// ManualRebuild has a play button in pipelines that a person starts on the default branch; it rebuilds the chain.
	ManualRebuild Manual = "rebuild"
)

// manual reads the key `manual`, or its older names.
func (l *loader) manual(n *tree.Node) Manual {
	manual := n.Get("manual")
	if byHand := n.Get("byHand"); byHand != nil {
		l.renamed("byHand", byHand, "manual: rebuild", "")
		if manual == nil {
			return ManualRebuild
		}
	}
	if truth(manual) {
		l.renamed("manual: true", manual, "manual: start", ", or `manual: blocking` if pipelines are to wait for the button as before")
		return ManualStart
	}
	return Manual(text(manual).Value)
}

// renamed warns of a name that the next version of stemma removes.
func (l *loader) renamed(old string, at *tree.Node, name, otherwise string) {
	l.found.Warnf(diagnostic.Deprecated, at.Span, "`%s` is an old name", old).WithHint("write `%s`%s", name, otherwise)
}
