package ciyaml

import (
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Variables are variables by name.
type Variables map[string]Variable

// Variable is a variable of a job.
type Variable struct {
	Value string
	// IsRaw says that `$` in the value is only a dollar.
	IsRaw bool
	// IsUnread says that the value is a reference to what was not read.
	IsUnread bool
	At       diagnostic.Span
}

// variables reads a `variables`.
func (r *reader) variables(v *Value) Variables {
	out := Variables{}
	if v == nil || v.Kind != Map {
		return out
	}
	for _, field := range v.Fields {
		value, isRaw := field.Value, false
		if value.Kind == Map {
			isRaw = value.Get("expand").String() == "false"
			value = value.Get("value")
		}
		if value != nil && value.Kind == Reference {
			out[field.Name] = Variable{Value: "!reference [" + strings.Join(value.names(), ", ") + "]", IsUnread: true, At: value.At}
			continue
		}
		if value == nil || value.Kind != Text && value.Kind != Null {
			continue // GitLab takes none; a variable of a list of options may have no value
		}
		out[field.Name] = Variable{Value: value.Text, IsRaw: isRaw, At: value.At}
	}
	return out
}

// inherited are the global variables that a job inherits.
func inherited(global Variables, choice *Value) Variables {
	out := maps.Clone(global)
	maps.DeleteFunc(out, func(name string, _ Variable) bool { return !inherits(choice, name) })
	return out
}

// with returns the variables with others over them.
func (v Variables) with(over Variables) Variables {
	out := maps.Clone(v)
	maps.Copy(out, over)
	return out
}

// maxText is how long an expanded text may be; what makes it longer is not expanded.
const maxText = 1 << 20

// used matches a variable in a text, an input without a value, and the signs for a single dollar and percent.
var used = pattern.Lazy(`\$\[\[.*?\]\]|\$\$|%%|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|%([A-Za-z_][A-Za-z0-9_]*)%`)

// Expand replaces the variables in a text as GitLab does. It leaves unknown ones, and returns their names, sorted; a value that was not read
// begins with "!", such as "!reference [.a, script]". At the end `$$` becomes `$`.
func (v Variables) Expand(text string) (expanded string, unknown []string) {
	e := &expansion{variables: v, done: map[string]string{}, unknown: map[string]bool{}}
	expanded = strings.ReplaceAll(e.text(text), "$$", "$")
	return expanded, slices.Sorted(maps.Keys(e.unknown))
}

// Get is the expanded value of a variable, with the names of unknown variables in it.
func (v Variables) Get(name string) (value string, unknown []string) {
	variable, ok := v[name]
	switch {
	case !ok:
		return "", nil
	case variable.IsRaw:
		return variable.Value, nil
	}
	return v.Expand("${" + name + "}")
}

type expansion struct {
	variables Variables
	done      map[string]string
	active    []string
	unknown   map[string]bool
}

func (e *expansion) text(text string) string {
	var out strings.Builder
	rest := 0
	for _, m := range used().FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[rest:m[0]])
		rest = m[1]
		out.WriteString(e.use(text, m, maxText-out.Len()))
	}
	out.WriteString(text[rest:])
	return out.String()
}

// use is the replacement of a match: a variable's value where there is room for it.
func (e *expansion) use(text string, m []int, room int) string {
	written := text[m[0]:m[1]]
	if strings.HasPrefix(written, "$[[") {
		e.unknown["!"+written] = true
	}
	for group := 2; group < len(m); group += 2 {
		if m[group] < 0 {
			continue
		}
		name := text[m[group]:m[group+1]]
		value, ok := e.value(name)
		if ok && len(value) <= room {
			return value
		}
		if variable := e.variables[name]; variable.IsUnread {
			e.unknown[variable.Value] = true
		} else if !strings.HasPrefix(written, "%") {
			e.unknown[name] = true
		}
	}
	return written
}

func (e *expansion) value(name string) (string, bool) {
	if done, ok := e.done[name]; ok {
		return done, true
	}
	variable, ok := e.variables[name]
	if !ok || variable.IsUnread || slices.Contains(e.active, name) {
		return "", false
	}
	if variable.IsRaw {
		return strings.ReplaceAll(variable.Value, "$", "$$"), true
	}
	e.active = append(e.active, name)
	value := e.text(variable.Value)
	e.active = e.active[:len(e.active)-1]
	e.done[name] = value
	return value, true
}
