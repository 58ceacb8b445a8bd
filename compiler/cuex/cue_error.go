package cuex

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/errors"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// report says in our own words what CUE found: each error once, at the first place of it that is the user's.
func (e *evaluation) report(err error) {
	for _, each := range errors.Errors(err) {
		format, args := each.Msg()
		at := e.fallback
		var others []diagnostic.Span
		for _, pos := range errors.Positions(each) {
			if position := pos.Position(); isUsers(position) {
				others = append(others, spanOf(position))
			}
		}
		if len(others) > 0 {
			at, others = others[0], others[1:]
		}
		message, hint := translate(fmt.Sprintf(format, args...), strings.Join(each.Path(), "."))
		d := e.found.Errorf(diagnostic.CUE, at, "%s", message)
		if hint != "" {
			d.WithHint("%s", hint)
		}
		for _, other := range others {
			d.WithNote(other, "this belongs to it")
		}
	}
}

// translate turns CUE's message about the value at a path into a sentence of ours and a hint.
func translate(message, path string) (sentence, hint string) {
	if path == "" {
		path = "the definition"
	}
	for _, known := range cueMessages {
		if strings.Contains(message, known.part) {
			return strings.ReplaceAll(known.sentence, "PATH", path), known.hint
		}
	}
	return path + " cannot be evaluated", "look at this expression and at the values it refers to"
}

// cueMessages knows CUE's messages by a part of them, the first that fits.
var cueMessages = []struct{ part, sentence, hint string }{
	{"conflicting values", "PATH has values that do not agree", "keep one of them"},
	{"incompatible", "PATH has values that do not agree", "keep one of them"},
	{"out of bound", "PATH has a value that its constraint refuses", "see the constraint in the other places"},
	{"not allowed", "PATH is a field that the definition it must fit does not have", "see the keys in the manual"},
	{"reference", "PATH refers to a name that does not exist", "define it, or correct its spelling"},
	{"import", "an import of this file is not available", "a definition imports the standard library, its own module and " + strings.TrimSuffix(schemaModule, "@v0")},
	{"package", "an import of this file is not available", "a definition imports the standard library, its own module and " + strings.TrimSuffix(schemaModule, "@v0")},
	{"structural cycle", "PATH refers to itself", "break the circle"},
	{"cycle", "PATH refers to itself", "break the circle"},
	{"expected", "this is not CUE", "look for a missing bracket, quote or comma here and in the line above"},
	{"literal", "this is not CUE", "look for a missing bracket, quote or comma here and in the line above"},
	{"illegal", "this is not CUE", "look for a character that CUE does not know"},
}
