package variable

import (
	"fmt"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// maxValue limits what an expanded value may have: values that name each other grow without end.
const maxValue = 1 << 20

// reference matches a variable in a text: $NAME, ${NAME} or %NAME%.
const reference = `\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%`

// compiled is reference, and reserved matches a variable in another one's value, where a doubled `$` or `%` is none.
var (
	compiled = pattern.Lazy(reference)
	reserved = pattern.Lazy(`\$\$|%%|` + reference)
)

// Expand replaces the variables in a text by their values. What has none is replaced by nothing.
func Expand(text string, values map[string]string) string {
	return replace(compiled(), text, func(name, _ string) string { return values[name] })
}

// ExpandExisting replaces the variables in a text by their values. What has none stays.
func ExpandExisting(text string, values map[string]string) string {
	return replace(compiled(), text, func(name, written string) string {
		if value, ok := values[name]; ok {
			return value
		}
		return written
	})
}

func replace(form *regexp.Regexp, text string, value func(name, written string) string) string {
	if !strings.ContainsAny(text, "$%") {
		return text
	}
	return form.ReplaceAllStringFunc(text, func(written string) string {
		name := strings.Join(form.FindStringSubmatch(written)[1:], "")
		return value(name, written)
	})
}

// Expanded returns the values by name, with the variables in them expanded; a name that is not defined becomes nothing. The error
// says which variables use each other in a circle.
func (l List) Expanded() (map[string]string, error) {
	e := &expander{list: l, byName: map[string][]int{}, state: make([]state, len(l)), values: map[string]string{}}
	for i, v := range l {
		e.byName[v.Name] = append(e.byName[v.Name], i)
	}
	if circle := e.circle(); circle != nil {
		return nil, fmt.Errorf("circular variable reference detected: %s", quoted(circle))
	}
	for i := range l {
		e.expand(i)
	}
	return e.values, nil
}

type state uint8

const (
	untouched state = iota
	active
	finished
)

type expander struct {
	list   List
	byName map[string][]int
	state  []state
	values map[string]string
}

// uses are the names in a variable's value.
func (v Variable) uses() []string {
	if v.IsRaw || !strings.ContainsAny(v.Value, "$%") {
		return nil
	}
	var out []string
	for _, found := range reserved().FindAllStringSubmatch(v.Value, -1) {
		if name := strings.Join(found[1:], ""); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// expand sets the value of a variable after those that it uses.
func (e *expander) expand(i int) {
	if e.state[i] != untouched {
		return
	}
	e.state[i] = active
	v := e.list[i]
	uses := v.uses()
	for _, name := range uses {
		for _, other := range e.byName[name] {
			e.expand(other)
		}
	}
	e.state[i] = finished
	if len(uses) == 0 {
		e.values[v.Name] = v.Value
		return
	}
	room := maxValue
	e.values[v.Name] = replace(reserved(), v.Value, func(name, written string) string {
		value := e.values[name]
		if name == "" {
			value = written
		}
		if len(value) > room {
			return ""
		}
		room -= len(value)
		return value
	})
}
