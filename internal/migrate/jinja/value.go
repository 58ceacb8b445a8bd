package jinja

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The values of templates are nil, bool, int, float64, string, *List, Tuple, *Dict, *Undefined, Function and what is made
// inside templates: macros, loops, namespaces and imported templates.

// List is a list that templates may change.
type List struct{ Items []any }

// Tuple is a list that nobody changes.
type Tuple []any

// Dict is a mapping that keeps the order in which its keys were set. The zero Dict is empty and ready to use.
type Dict struct {
	keys   []any
	values map[any]any
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// Keys returns the keys in their order.
func (d *Dict) Keys() []any { return d.keys }

// Get returns the value of a key.
func (d *Dict) Get(key any) (any, bool) {
	k, err := hash(key)
	if err != nil {
		return nil, false
	}
	value, ok := d.values[k]
	return value, ok
}

// Set sets the value of a key; a list or a mapping cannot be one.
func (d *Dict) Set(key, value any) error {
	k, err := hash(key)
	if err != nil {
		return err
	}
	if d.values == nil {
		d.values = map[any]any{}
	}
	if _, ok := d.values[k]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[k] = value
	return nil
}

// remove removes a key that is there.
func (d *Dict) remove(key any) {
	k, _ := hash(key)
	delete(d.values, k)
	d.keys = slices.DeleteFunc(d.keys, func(other any) bool { o, _ := hash(other); return o == k })
}

func (d *Dict) copy() *Dict { return &Dict{slices.Clone(d.keys), maps.Clone(d.values)} }

// hash returns the form of a key in a map: 1, 1.0 and true are the same key.
func hash(key any) (any, error) {
	switch k := key.(type) {
	case bool:
		if k {
			return 1, nil
		}
		return 0, nil
	case float64:
		if k == float64(int(k)) {
			return int(k), nil
		}
		return k, nil
	case Tuple:
		return "(" + repr(k), nil // no string is its own repr, so none collides
	case string:
		return "s" + k, nil
	case nil, int, *Undefined:
		return k, nil
	}
	return nil, fmt.Errorf("a key cannot be %s", kindOf(key))
}

// Undefined is the value of a variable, attribute or item that does not exist.
type Undefined struct {
	// Message says what is missing.
	Message string
	// lenient says that it prints as nothing.
	lenient bool
	// reported says that the mistake is known, and nothing that follows from it is worth a word.
	reported bool
}

// err is the error of using the value.
func (u *Undefined) err() error {
	if u.reported {
		return errReported
	}
	return fmt.Errorf("%s", u.Message)
}

// Of turns a Go value into one of templates: numbers, strings, booleans, slices, maps with strings as keys, which are
// sorted, and those that are values already. Anything else becomes the text that fmt gives it.
func Of(value any) any {
	switch v := value.(type) {
	case nil, bool, int, float64, string, *List, Tuple, *Dict, *Undefined, Function:
		return v
	case []any:
		l := &List{}
		for _, item := range v {
			l.Items = append(l.Items, Of(item))
		}
		return l
	case []string:
		l := &List{}
		for _, item := range v {
			l.Items = append(l.Items, item)
		}
		return l
	case map[string]any:
		d := &Dict{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			_ = d.Set(key, Of(v[key])) // a string is always a key
		}
		return d
	case map[string]string:
		d := &Dict{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			_ = d.Set(key, v[key])
		}
		return d
	case callable:
		return v
	}
	return fmt.Sprint(value)
}

// callable is what a template may call besides a Function.
type callable interface {
	call(f *frame, c *Call) (any, error)
}

// kindOf is Python's name for the type of a value, for messages.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *List:
		return "list"
	case Tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *Undefined:
		return "Undefined"
	case *macro:
		return "Macro"
	case *namespace:
		return "Namespace"
	case *module:
		return "TemplateModule"
	case *loopState:
		return "LoopContext"
	}
	return "function"
}

// truth is whether a value counts as true.
func truth(value any) (bool, error) {
	switch v := value.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case int:
		return v != 0, nil
	case float64:
		return v != 0, nil
	case string:
		return v != "", nil
	case *List:
		return len(v.Items) > 0, nil
	case Tuple:
		return len(v) > 0, nil
	case *Dict:
		return v.Len() > 0, nil
	case *Undefined:
		if !v.lenient {
			return false, v.err()
		}
		return false, nil
	}
	return true, nil
}

// items returns what iterating over a value gives.
func items(value any) ([]any, error) {
	switch v := value.(type) {
	case *List:
		return v.Items, nil
	case Tuple:
		return v, nil
	case *Dict:
		return v.keys, nil
	case string:
		out := make([]any, 0, len(v))
		for _, r := range v {
			out = append(out, string(r))
		}
		return out, nil
	case *Undefined:
		if !v.lenient {
			return nil, v.err()
		}
		return nil, nil
	}
	return nil, fmt.Errorf("%s cannot be iterated over", kindOf(value))
}

// number returns a number as an integer or as a float; a boolean is 0 or 1.
func number(value any) (n int, x float64, isInt, ok bool) {
	switch v := value.(type) {
	case bool:
		if v {
			n = 1
		}
		return n, float64(n), true, true
	case int:
		return v, float64(v), true, true
	case float64:
		return 0, v, false, true
	}
	return 0, 0, false, false
}

// formatFloat prints a float as Python does.
func formatFloat(x float64) string {
	switch s := strconv.FormatFloat(x, 'g', -1, 64); s {
	case "+Inf":
		return "inf"
	case "-Inf":
		return "-inf"
	case "NaN":
		return "nan"
	}
	scientific := strconv.FormatFloat(x, 'e', -1, 64)
	_, power, _ := strings.Cut(scientific, "e")
	if n, _ := strconv.Atoi(power); n < -4 || n >= 16 {
		return scientific
	}
	plain := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(plain, ".") {
		plain += ".0"
	}
	return plain
}
