// Package policy judges a resolved definition by policies, and applies the exceptions of the definition.
package policy

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/resolved"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Source is a policy, with the place that names it.
type Source struct {
	definition.Located[string]
	// Files has the folder or the module file of the policy. It is nil for the files of the project.
	Files fs.FS
}

// Judge evaluates one policy, as cuex.InProcess does.
type Judge interface {
	Judge(files fs.FS, policy string, at diagnostic.Span, resolved *tree.Node, found *diagnostic.List) judgement.Judgement
}

// Check judges the images of a project by its own policies and further ones. It adds a finding for each broken rule, unless an exception covers
// it on that day. It returns the files of policies in the project.
func Check(project fs.FS, d *definition.Definition, further []Source, value resolved.Value, date schema.Date, judge Judge, found *diagnostic.List) (files []string) {
	c := check{exceptions: d.Exceptions, date: date, used: make([]bool, len(d.Exceptions)), found: found}
	all := sources(d, further)
	isKnown := len(all) > 0 // without policies the exceptions are from policies that are judged elsewhere
	for _, source := range all {
		isOwn := source.Files == nil
		if isOwn {
			source.Files = project
		}
		judged := judgement.Judgement{}
		if isFolder(source, found) {
			judged = judge.Judge(source.Files, source.Value, source.Span, value.Tree(), found)
		}
		isKnown = isKnown && judged.Rules != nil
		c.rules = append(c.rules, judged.Rules...)
		for _, violation := range judged.Violations {
			c.report(violation)
		}
		if isOwn {
			files = append(files, judged.Files...)
		}
	}
	if isKnown {
		c.checkExceptions()
	}
	return files
}

// sources returns each policy once, sorted by name, so that their order in the definition has no effect.
func sources(d *definition.Definition, further []Source) []Source {
	all := slices.Clone(further)
	for _, own := range d.Policies {
		all = append(all, Source{Located: own})
	}
	for i := range all {
		if !definition.IsModule(all[i].Value) {
			all[i].Value = path.Clean(all[i].Value)
		}
	}
	slices.SortStableFunc(all, func(a, b Source) int { return strings.Compare(a.Value, b.Value) })
	return slices.CompactFunc(all, func(a, b Source) bool { return a.Value == b.Value && a.Files == nil && b.Files == nil })
}

// isFolder reports a policy that is neither a folder nor a module.
func isFolder(source Source, found *diagnostic.List) bool {
	if definition.IsModule(source.Value) {
		return isModule(source, found)
	}
	info, err := fs.Stat(source.Files, source.Value)
	name := diagnostic.Quote(source.Value)
	switch {
	case content.IsOutside(err):
		found.Errorf(diagnostic.OutsideRepo, source.Span, "the policy %s is a link that leads out of the project", name).WithHint("copy the folder into the project")
	case errors.Is(err, fs.ErrNotExist):
		found.Errorf(diagnostic.MissingFile, source.Span, "there is no folder %s", name).
			WithHint("a policy is a folder below the project's root, or a module with its version, such as corp.example/policy@v1")
	case err != nil:
		found.Errorf(diagnostic.MissingFile, source.Span, "the policy %s cannot be read: %v", name, content.Reason(err))
	case !info.IsDir():
		found.Errorf(diagnostic.MissingFile, source.Span, "the policy %s is no folder", name).WithHint("name the folder that the file is in")
	default:
		return true
	}
	return false
}

// modules matches a module with its major version, as CUE writes it.
var modules = pattern.Lazy(`^([^@]+)@(v[0-9]+)?(.*)$`)

// isModule reports a module without a major version, or with more than that: the module file has the exact version.
func isModule(source Source, found *diagnostic.List) bool {
	parts := modules().FindStringSubmatch(source.Value)
	if parts != nil && parts[2] != "" && parts[3] == "" {
		return true
	}
	hint := "such as corp.example/policy@v1"
	if parts != nil {
		hint = parts[1] + "@" + cmp.Or(parts[2], "v1")
	}
	found.Errorf(diagnostic.BadValue, source.Span, "%s is not a module with its major version", diagnostic.Quote(source.Value)).
		WithHint("write %s; cue.mod/module.cue has the exact version", hint)
	return false
}

// check is one run of all policies.
type check struct {
	exceptions []definition.Exception
	date       schema.Date
	// used tells which exceptions cover a broken rule.
	used []bool
	// rules are those of all policies.
	rules []string
	found *diagnostic.List
}

// report adds the finding of a broken rule, unless an exception covers it. Exceptions that have ended are notes of the finding.
func (c *check) report(violation judgement.Violation) {
	finding := violation.Finding
	for i, exception := range c.exceptions {
		if exception.Rule.Value != violation.Rule || violation.Image == "" || !exception.Covers(violation.Image) {
			continue
		}
		c.used[i] = true
		if !c.date.After(exception.Until) {
			return
		}
		finding.WithNote(exception.Span, "the exception of %s ended on %s: %s", exception.Owner, exception.Until, exception.Reason)
	}
	*c.found = append(*c.found, finding)
}

// checkExceptions reports exceptions from rules that do not exist, and warns of those without effect.
func (c *check) checkExceptions() {
	slices.Sort(c.rules)
	for i, exception := range c.exceptions {
		rule := exception.Rule
		switch {
		case !rule.Present():
		case !slices.Contains(c.rules, rule.Value):
			c.found.Errorf(diagnostic.Exception, rule.Span, "no policy has the rule %s%s", diagnostic.Quote(rule.Value), diagnostic.DidYouMean(rule.Value, c.rules)).
				WithHint("a rule has the name of its file, without .cue").WithKey("exceptions." + rule.Value)
		case !c.used[i]:
			c.found.Warnf(diagnostic.Exception, rule.Span, "the images do not break the rule %s", rule.Value).
				WithHint("remove the exception").WithKey("exceptions." + rule.Value)
		}
	}
}
