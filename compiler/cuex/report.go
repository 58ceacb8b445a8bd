package cuex

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Formats of CUE's messages.
const (
	referenceNotFound = "reference %q not found"
	emptyDisjunction  = "%d errors in empty disjunction:"
	incompleteValue   = "incomplete value"
	requiredField     = "field is required but not present"
)

// reportUnreadable reports why a package cannot be loaded.
func (e *evaluation) reportUnreadable(err error) {
	for _, each := range errors.Errors(err) {
		message := shorten(each.Error())
		at := e.places.fallback
		if position := each.Position().Position(); e.places.isUsers(position) {
			at = e.places.span(position)
			message = strings.TrimPrefix(message, "import failed: "+position.String()+": ")
		}
		why := unreadables[slices.IndexFunc(unreadables, func(r reasonUnreadable) bool { return strings.Contains(message, r.part) })]
		if content.IsOutside(each) {
			why.code, why.hint = diagnostic.OutsideRepo, "copy the file into the project"
		}
		e.found.Errorf(why.code, at, "%s", cmp.Or(why.message, message)).WithHint("%s", why.hint)
	}
}

// reasonUnreadable is a code and a hint for a part of a message of the loader, and another message where that one helps nobody.
type reasonUnreadable struct {
	part    string
	code    diagnostic.Code
	hint    string
	message string
}

const (
	noFiles     = "the folder has no files in CUE"
	noFilesHint = "name a folder that has files in CUE; subfolders do not count, nor files whose names begin with _ or ."
	syntaxHint  = "look for a missing bracket, quote or comma here and in the line above"
	importHint  = "name its module in cue.mod/module.cue and run `stemma lock`, or copy it to cue.mod/pkg"
)

// unreadables are in the order in which they are looked for. The last one has any message.
var unreadables = []reasonUnreadable{
	{part: "no CUE files", code: diagnostic.MissingFile, hint: noFilesHint, message: noFiles},
	{part: "matched no packages", code: diagnostic.MissingFile, hint: noFilesHint, message: noFiles},
	{part: "no package name", code: diagnostic.CUE, hint: "begin each file with a line such as `package policy`", message: "no file in the folder has a package"},
	{part: "build constraints exclude", code: diagnostic.CUE, hint: "write no @if or @ignore, and give no file a name that begins with _ or ends in _test.cue", message: "CUE leaves out all files in the folder"},
	{part: "found packages", code: diagnostic.CUE, hint: "give all files of a folder the same package"},
	{part: errTampered, code: diagnostic.CUE, hint: "run `stemma lock`, which fetches it again"},
	{part: errNotStored.Error(), code: diagnostic.CUE, hint: importHint},
	{part: "cannot fetch", code: diagnostic.CUE, hint: "name another version of the module in cue.mod/module.cue, and run `stemma lock`"},
	{part: "import cycle", code: diagnostic.CUE, hint: "remove one of the imports"},
	{part: "nesting depth", code: diagnostic.CUE, hint: "write it with fewer brackets, or import another module"},
	{part: "invalid module file syntax", code: diagnostic.Syntax, hint: syntaxHint},
	{part: "no language version", code: diagnostic.CUE, hint: "add a line such as `language: version: \"v0.15.0\"` to cue.mod/module.cue"},
	{part: "field not allowed", code: diagnostic.CUE, hint: "remove it from cue.mod/module.cue, or correct its spelling"},
	{part: "import", code: diagnostic.CUE, hint: importHint},
	{part: "package", code: diagnostic.CUE, hint: importHint},
	{part: "module", code: diagnostic.CUE, hint: importHint},
	{part: "", code: diagnostic.Syntax, hint: syntaxHint},
}

// reportValue reports why there is no value at a path.
func (e *evaluation) reportValue(v cue.Value, at valuePath) {
	err := v.Err()
	if err == nil {
		err = v.Validate(cue.Concrete(true))
	}
	for _, each := range reasons(err) {
		e.report(each, at)
	}
}

// reportAll reports errors at their own paths.
func (e *evaluation) reportAll(err error) {
	for _, each := range reasons(err) {
		e.report(each, each.error.Path())
	}
}

// reason is an error of CUE with its places. Where no alternative of a disjunction is left, it is the error of the first alternative, with the
// places of all.
type reason struct {
	error  errors.Error
	places []token.Pos
}

func reasons(err error) (out []reason) {
	disjunctions := map[string]int{}
	for _, each := range errors.Errors(err) {
		at := valuePath(each.Path()).key()
		format, _ := each.Msg()
		if format == emptyDisjunction {
			disjunctions[at] = len(out)
			continue
		}
		if first, ok := disjunctions[at]; ok && first < len(out) {
			out[first].places = append(out[first].places, errors.Positions(each)...)
			continue
		}
		out = append(out, reason{each, errors.Positions(each)})
	}
	return out
}

// report reports an error about the value at a path: at the user's value if it is known, else at the image.
func (e *evaluation) report(err reason, at valuePath) {
	if format, _ := err.error.Msg(); e.judgement != nil && e.inRest > 0 && strings.HasPrefix(format, incompleteValue) {
		return // CUE has stopped at the error of the map, so it has not evaluated all values in it
	}
	var places []token.Position
	for _, pos := range err.places {
		position := pos.Position()
		if e.unresolved[position] {
			return
		}
		if e.places.isUsers(position) {
			places = append(places, position)
		}
	}
	if hint := mistakeHints.of(err.error); e.judgement != nil && hint != "" {
		e.reportMistake(err.error, places, hint)
		return
	}
	span, rank := e.nearest(at), constraintPlace
	if len(at) == 0 && len(places) > 0 {
		span = e.places.span(places[0]) // the path leads to no value, so the error is not about one
	}
	for _, position := range places {
		if of := e.places.rank(position, at); of < rank {
			span, rank = e.places.span(position), of
		}
	}
	d := e.found.Errorf(diagnostic.CUE, span, "%s", e.message(err.error, at)).WithKey(strings.Join(at, "."))
	if hint := messageHints.of(err.error); hint != "" {
		d.WithHint("%s", hint)
	}
	e.note(d, places, at)
	if e.judgement != nil {
		e.addViolation(d, places, at)
	}
}

// note names the further places of an error. It names a rule of a policy, and a constraint that rules share, once.
func (e *evaluation) note(d *diagnostic.Diagnostic, places []token.Position, at valuePath) {
	seen, named := map[diagnostic.Span]bool{d.Span: true}, map[string]bool{}
	for _, position := range places {
		other, role := e.places.span(position), e.places.role(position, at)
		if seen[other] || named[role] {
			continue
		}
		seen[other], named[role] = true, e.places.rules[position.Filename] != ""
		d.WithNote(other, "%s", role)
	}
}

// message is CUE's own message. If that does not say which value it is about, the path is before it.
func (e *evaluation) message(err errors.Error, at valuePath) string {
	format, _ := err.Msg()
	message := messageOf(err)
	if len(at) > 0 && (!strings.Contains(format, "%") || strings.HasPrefix(format, incompleteValue)) {
		return strings.Join(at, ".") + ": " + message
	}
	return message
}

// maxMessage is the number of characters of a message of CUE; a value in it may be of any length.
const maxMessage = 500

func messageOf(err errors.Error) string {
	format, args := err.Msg()
	return shorten(fmt.Sprintf(format, args...))
}

func shorten(message string) string {
	if utf8.RuneCountInString(message) > maxMessage {
		message = string([]rune(message)[:maxMessage]) + "…"
	}
	return message
}

// nearest is the place of the image that a path leads into, or of the last name on the path that the user wrote. For a policy it is the place of
// the value, which the resolved definition has.
func (e *evaluation) nearest(at valuePath) diagnostic.Span {
	if judged, _ := e.places.given.at(at); e.judgement != nil && judged != nil && len(at) > 2 {
		return judged.Span
	}
	if image, ok := at.image(); ok {
		v := e.root.LookupPath(cue.MakePath(cue.Str(image[0]), cue.Str(image[1])))
		s := e.places.spot(v, image)
		own, ok := e.places.of(&s)
		if !ok {
			own = e.places.start()
		}
		return e.places.label(&s, own)
	}
	for ; len(at) > 0; at = at[:len(at)-1] {
		if span, ok := e.places.written(at); ok {
			return span
		}
	}
	return e.places.start()
}

// hints are for messages of CUE, by a part of their format.
type hints []struct{ part, hint string }

// of returns the hint for an error, the first that matches; nothing if there is none, as for a message of the user.
func (h hints) of(err errors.Error) string {
	format, _ := err.Msg()
	for _, known := range h {
		if strings.Contains(format, known.part) {
			return known.hint
		}
	}
	return ""
}

// messageHints are for the messages about a definition. TestMistakesOfCUEHaveHints fails if an upgrade changes them.
var messageHints = hints{
	{"conflicting values", "keep one of them"},
	{"out of bound", "write a value that the constraint allows"},
	{"not allowed", "remove it, or correct its spelling"},
	{"required but not present", "add it"},
	{"reference", "define it, or correct its spelling"},
	{"undefined field", "define it, or correct its spelling"},
	{"incomplete value", "give it a concrete value, or make it hidden with a leading _"},
	{"cycle", "break the circle"},
	{"explicit error", "remove it, or the condition for it"},
}
