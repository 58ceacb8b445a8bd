package cuex

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Judge evaluates a policy: the package in a folder of files, or in a module that the module file there names. It unifies the package with the
// resolved definition, as `cue vet` does with the same value as JSON. If the policy itself is wrong, it reports that; at is the place that names the
// policy.
func (InProcess) Judge(files fs.FS, policy string, at diagnostic.Span, resolved *tree.Node, found *diagnostic.List) judgement.Judgement {
	root, policy := moduleOf(files, policy)
	if sub, err := fs.Sub(files, root); err == nil {
		files = sub
	}
	e := newEvaluation(files, schema.FS, found)
	e.places.fallback, e.places.root = at, root
	instance := e.policy(policy)
	if !e.accept(instance) || e.refuseIgnored(instance) {
		return judgement.Judgement{}
	}
	judged := judgement.Judgement{}
	e.places.rules = map[string]string{}
	e.addRules(instance, &judged)
	if e.refusePatterns() {
		return judged
	}
	judged.Rules = slices.Sorted(maps.Values(e.places.rules))
	value := e.build([]*build.Instance{instance}, func(*build.Instance) *build.Instance { return e.policy(policy) })[0]
	given := newGiven(resolved)
	e.places.given = &given
	e.root = value.Context().BuildFile(given.source("")).Unify(value) //nolint:staticcheck // a new context lacks the packages that the policy imports
	var violations diagnostic.List
	e.mistakes, e.found, e.judgement = found, &violations, &judged
	e.judge()
	for i := range violations {
		judged.Violations[i].Finding = violations[i]
	}
	judged.Violations = withoutRepeats(judged.Violations)
	return judged
}

// withoutRepeats drops violations about a whole image if the rule says the same about a value in it: CUE reports an error() in a value for
// the map around it too.
func withoutRepeats(violations []judgement.Violation) []judgement.Violation {
	type broken struct{ rule, image, message string }
	of := func(v judgement.Violation) broken { return broken{v.Rule, v.Image, v.Finding.Message} }
	inside := map[broken]bool{}
	for _, v := range violations {
		inside[of(v)] = inside[of(v)] || !v.IsWhole
	}
	return slices.DeleteFunc(violations, func(v judgement.Violation) bool { return v.IsWhole && inside[of(v)] })
}

// refuseIgnored reports files of a policy that CUE leaves out of its package. Their rules would not be applied.
func (e *evaluation) refuseIgnored(instance *build.Instance) (isRefused bool) {
	for _, file := range slices.Concat(instance.IgnoredFiles, instance.OrphanedFiles, instance.InvalidFiles, instance.UnknownFiles) {
		if path.Ext(file.Filename) != ".cue" || path.Dir(file.Filename) != path.Clean(instance.Dir) {
			continue // CUE also lists the files in the folders above
		}
		span := e.places.span(token.Position{Filename: file.Filename, Line: 1, Column: 1})
		e.found.Errorf(diagnostic.CUE, span, "the file is not part of the policy's package %s, so its rule is not applied", diagnostic.Quote(instance.PkgName)).
			WithHint("begin it with `package %s`, give it a name that does not begin with _ or end in _test.cue, and write no @if or @ignore", instance.PkgName)
		isRefused = true
	}
	return isRefused
}

// addRules adds the files of a policy's package and of the packages that it imports, which may have rules too.
func (e *evaluation) addRules(instance *build.Instance, judged *judgement.Judgement) {
	for _, source := range instance.Files {
		if e.places.rules[source.Filename] != "" || !e.places.isUsers(source.Pos().Position()) {
			return
		}
		e.places.rules[source.Filename] = strings.TrimSuffix(path.Base(source.Filename), ".cue")
		if e.places.files[source.Filename] == nil {
			e.places.add(source)
		}
		if !strings.HasPrefix(source.Filename, "/"+modulesFolder+"/") {
			judged.Files = append(judged.Files, e.places.span(source.Pos().Position()).File)
		}
	}
	for _, imported := range instance.Imports {
		e.addRules(imported, judged)
	}
}

// moduleOf returns the folder of the innermost CUE module that the folder of a policy is in, and the policy in it.
func moduleOf(files fs.FS, policy string) (root, inside string) {
	if strings.Contains(policy, "@") {
		return ".", policy
	}
	folder := path.Clean(policy)
	for root = folder; root != "."; root = path.Dir(root) {
		if _, err := fs.Stat(files, path.Join(root, moduleFile)); err == nil {
			return root, strings.TrimPrefix(folder[len(root):]+"/", "/") + "."
		}
	}
	return root, folder
}

// policy loads the package of a policy.
func (e *evaluation) policy(name string) *build.Instance {
	if strings.Contains(name, "@") {
		return e.loadPackage(name, ".")
	}
	return e.loadPackage(".", path.Clean(name))
}

// judge reports each value that the policy rejects.
func (e *evaluation) judge() {
	err := e.root.Validate(cue.Concrete(true))
	if err == nil {
		return
	}
	e.item(e.root, nil, e.places.start())
	if len(*e.found) == 0 && len(e.unresolved) == 0 {
		e.reportAll(err) // in definitions and other values that are no part of the resolved definition
	}
}

// addViolation adds a finding as a violation, with the rule that it is of.
func (e *evaluation) addViolation(d *diagnostic.Diagnostic, places []token.Position, at valuePath) {
	d.Code = diagnostic.Policy
	v := judgement.Violation{IsWhole: len(at) <= 2}
	if position, ok := e.ruleOf(places, at); ok {
		v.Rule = e.places.rules[position.Filename]
		rule := e.places.role(position, at)
		if !slices.ContainsFunc(d.Notes, func(n diagnostic.Note) bool { return n.Message == rule }) {
			d.WithNote(e.places.span(position), "%s", rule)
		}
	}
	if image, ok := at.image(); ok {
		v.Image = image.last()
		if own := e.nearest(image); own.File != d.Span.File {
			d.WithNote(own, "the image %s", v.Image)
		}
	}
	d.Key += " " + v.Rule
	e.judgement.Violations = append(e.judgement.Violations, v)
}

// ruleOf returns a place in the rule that an error is about: one of the places of the error, but not in definitions and hidden fields, which rules
// may share. If there is none, it is the place in a rule that constrains the value or what it is in.
func (e *evaluation) ruleOf(places []token.Position, at valuePath) (token.Position, bool) {
	if own, ok := e.inRule(places); ok {
		return own, true
	}
	for ; len(at) > 0; at = at[:len(at)-1] {
		selectors := make([]cue.Selector, len(at))
		for i, name := range at {
			selectors[i] = cue.Str(name)
			if index, err := strconv.Atoi(name); err == nil && i > 2 {
				selectors[i] = cue.Index(index)
			}
		}
		if own, ok := e.inRule(e.places.parts(e.root.LookupPath(cue.MakePath(selectors...)))); ok {
			return own, true
		}
	}
	for _, position := range places {
		if e.places.rules[position.Filename] != "" {
			return position, true
		}
	}
	return token.Position{}, false
}

// inRule returns the first place, by rule, that is in a rule outside of definitions and hidden fields.
func (e *evaluation) inRule(places []token.Position) (first token.Position, ok bool) {
	for _, position := range places {
		rule := e.places.rules[position.Filename]
		if rule == "" || ok && rule >= e.places.rules[first.Filename] {
			continue
		}
		if name, isInside := e.places.topLevel(position); isInside && !isShared(name) {
			first, ok = position, true
		}
	}
	return first, ok
}
