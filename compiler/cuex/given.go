package cuex

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// givenFile is the name that CUE has for a document that was not read from CUE.
const givenFile = "\x00given"

// given is a document that CUE files are unified with.
type given struct {
	document *tree.Node
	// nodes and labels have the values and the places of names, by their paths.
	nodes  map[string]*tree.Node
	labels map[string]diagnostic.Span
	// spans has the place of each value, by its offset in the file that CUE is told.
	spans []diagnostic.Span
}
