package rule

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/glob"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Facts are what the conditions of a pipeline, or of one of its jobs, ask about.
type Facts struct {
	Variables variable.List
	Changed   Changed
	// Files returns the paths of the project's files. It is called only for `exists`.
	Files func() []string
	// Project returns the files of another project. It may be nil.
	Project func(path string) (files []string, ok bool)

	values, expanded map[string]string
}

// Changed are the files that changed in a pipeline, also against the ref of a `compare_to`.
type Changed struct {
	// IsKnown is false where GitLab does not compare, as for a new branch, a tag or a schedule. Each `changes` then holds.
	IsKnown bool
	Paths   []string
}

// maxComparisons is how many comparisons of paths with patterns GitLab does before it says that they match.
const maxComparisons = 50_000

// Hold reports whether all conditions hold. The error is a failure of GitLab on an expression, or a project that is not known.
func (c Conditions) Hold(facts *Facts) (bool, error) {
	if c.If != nil {
		if holds, err := c.If.Expression.Holds(expression.Scope{Variables: facts.byName()}); !holds || err != nil {
			return false, err
		}
	}
	if c.Changes != nil && !c.Changes.hold(facts) {
		return false, nil
	}
	if c.Exists != nil {
		return c.Exists.hold(facts)
	}
	return true, nil
}

func (f *Facts) byName() map[string]string {
	if f.values == nil {
		f.values = f.Variables.Values()
	}
	return f.values
}

// expand replaces the variables in a path. Variables in a circle stay as they are, and are a problem of the job.
func (f *Facts) expand(text string) string {
	if !strings.ContainsAny(text, "$%") {
		return text
	}
	if f.expanded == nil {
		expanded, err := f.Variables.Expanded()
		if err != nil {
			expanded = f.byName()
		}
		f.expanded = expanded
	}
	return variable.ExpandExisting(text, f.expanded)
}

func (c *Changes) hold(facts *Facts) bool {
	if !facts.Changed.IsKnown {
		return true
	}
	patterns := slices.Clone(c.Paths)
	for i := range patterns {
		patterns[i] = facts.expand(patterns[i])
	}
	slices.Sort(patterns)
	patterns = slices.Compact(patterns)
	return len(patterns)*len(facts.Changed.Paths) > maxComparisons || glob.AnyMatch(patterns, facts.Changed.Paths)
}

func (e *Exists) hold(facts *Facts) (bool, error) {
	var files []string
	if e.Project == "" {
		files = facts.Files()
	} else {
		path, ok := facts.expand(e.Project), false
		if facts.Project != nil {
			files, ok = facts.Project(path)
		}
		if !ok {
			return false, fmt.Errorf("rules:exists:project `%s` not found or access denied", path)
		}
	}
	var patterns []string
	for _, path := range e.Paths {
		path = facts.expand(path)
		switch {
		case strings.ContainsAny(path, "*?[{"):
			patterns = append(patterns, path)
		case strings.HasSuffix(path, "/") && slices.ContainsFunc(files, func(file string) bool { return strings.HasPrefix(file, path) }):
			return true, nil
		case slices.Contains(files, path):
			return true, nil
		}
	}
	return len(patterns)*len(files) > maxComparisons || glob.AnyMatch(patterns, files), nil
}
