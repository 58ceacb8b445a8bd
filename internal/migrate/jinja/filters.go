package jinja

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// builtinFilters are the names of Jinja2's filters that are supported, and unsupportedFilters the others.
var (
	builtinFilters = []string{
		"abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first", "float",
		"forceescape", "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max",
		"min", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string",
		"sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
	}
	unsupportedFilters = []string{"filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr"}
)

// builtinFilter returns a filter of Jinja2, or nil.
func builtinFilter(name string) Function {
	if f := textFilter(name); f != nil {
		return f
	}
	if f := sequenceFilter(name); f != nil {
		return f
	}
	return numberFilter(name)
}

// filterDefault is the one filter that takes what does not exist.
func filterDefault(c *Call) (any, error) {
	value := c.Value(0, "", nil)
	otherwise, boolean := c.Value(1, "default_value", ""), c.Bool(2, "boolean", false)
	if err := c.Done(); err != nil {
		return nil, err
	}
	if u, ok := value.(*Undefined); ok {
		if u.reported {
			return nil, errReported
		}
		return otherwise, nil
	}
	if !boolean {
		return value, nil
	}
	if is, err := truth(value); is || err != nil {
		return value, err
	}
	return otherwise, nil
}

func filterAttr(c *Call) (any, error) {
	value, name := c.Value(0, "", nil), c.Text(1, "name", "")
	if err := c.Done(); err != nil {
		return nil, err
	}
	if u, ok := value.(*Undefined); ok {
		return nil, u.err()
	}
	if own, ok := c.frame.ownAttribute(value, name); ok {
		return own, nil
	}
	return c.frame.undefined(fmt.Sprintf("'%s' has no attribute '%s'", objectName(value), name)), nil
}

func filterLength(c *Call) (any, error) {
	value := c.Value(0, "", nil)
	if d, ok := value.(*Dict); ok {
		return d.Len(), c.Done()
	}
	all, err := items(value)
	return len(all), errors.Join(err, c.Done())
}

// lessBy sorts values by their keys; texts without regard to case, unless sensitive.
func (c *Call) lessBy(sensitive bool, key func(any) (any, error), failed *error) func(a, b any) int {
	part := func(value any) any {
		k, err := key(value)
		if err != nil && *failed == nil {
			*failed = err
		}
		return fold(k, sensitive)
	}
	return func(a, b any) int {
		result, err := c.frame.run.order(part(a), part(b))
		if err != nil && *failed == nil {
			*failed = err
		}
		return result
	}
}

func filterSort(c *Call) (any, error) {
	all := slices.Clone(c.Items(0, ""))
	reverse, sensitive := c.Bool(1, "reverse", false), c.Bool(2, "case_sensitive", false)
	key := c.by(c.Value(3, "attribute", nil))
	if err := c.Done(); err != nil {
		return nil, err
	}
	var failed error
	less := c.lessBy(sensitive, key, &failed)
	slices.SortStableFunc(all, func(a, b any) int {
		if reverse {
			return less(b, a)
		}
		return less(a, b)
	})
	return &List{all}, failed
}

func filterDictsort(c *Call) (any, error) {
	d, ok := c.Value(0, "", nil).(*Dict)
	sensitive, by, reverse := c.Bool(1, "case_sensitive", false), c.Text(2, "by", "key"), c.Bool(3, "reverse", false)
	if err := c.Done(); err != nil {
		return nil, err
	}
	at := slices.Index([]string{"key", "value"}, by)
	if !ok || at < 0 {
		return nil, errors.New(`it sorts a mapping by "key" or by "value"`)
	}
	pairs := pairsOf(d)
	var failed error
	less := c.lessBy(sensitive, func(pair any) (any, error) { return pair.(Tuple)[at], nil }, &failed)
	slices.SortStableFunc(pairs, func(a, b any) int {
		if reverse {
			return less(b, a)
		}
		return less(a, b)
	})
	return &List{pairs}, failed
}

// pairsOf returns the keys and values of a mapping as tuples of two.
func pairsOf(d *Dict) []any {
	pairs := make([]any, 0, d.Len())
	for _, key := range d.keys {
		value, _ := d.Get(key)
		pairs = append(pairs, Tuple{key, value})
	}
	return pairs
}

func filterExtreme(sign int) Function {
	return func(c *Call) (any, error) {
		all, sensitive := c.Items(0, ""), c.Bool(1, "case_sensitive", false)
		key := c.by(c.Value(2, "attribute", nil))
		if err := c.Done(); err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return c.frame.undefined("No aggregated item, sequence was empty."), nil
		}
		var failed error
		less := c.lessBy(sensitive, key, &failed)
		best := all[0]
		for _, value := range all[1:] {
			if cmp.Compare(less(value, best), 0) == sign {
				best = value
			}
		}
		return best, failed
	}
}
