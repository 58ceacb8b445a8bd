// Package variable holds CI/CD variables and expands them where GitLab itself does, before a job runs
// (https://docs.gitlab.com/ci/variables/where_variables_can_be_used/).
package variable

import "slices"

// Variable is a variable of a pipeline or of a job.
type Variable struct {
	Name  string
	Value string
	// IsRaw says that `$` in the value is only a dollar (`expand: false`).
	IsRaw bool
}

// List has variables in the order in which they are defined: a later one outranks an earlier one of the same name.
type List []Variable

// Values returns the values by name, as they were written. This is what conditions see.
func (l List) Values() map[string]string {
	out := make(map[string]string, len(l))
	for _, v := range l {
		out[v.Name] = v.Value
	}
	return out
}

// With returns the list with others over it. Each name is there once, those of the others first.
func (l List) With(others List) List {
	if len(others) == 0 {
		return l
	}
	var out List
	seen := map[string]bool{}
	for _, list := range []List{others, l} {
		for _, v := range list {
			if !seen[v.Name] {
				seen[v.Name] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// Only returns the variables whose names a function accepts.
func (l List) Only(accepts func(name string) bool) List {
	return slices.DeleteFunc(slices.Clone(l), func(v Variable) bool { return !accepts(v.Name) })
}
