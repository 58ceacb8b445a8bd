package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sequenceFilter returns a filter about lists and mappings, or nil.
func sequenceFilter(name string) Function {
	switch name {
	case "attr":
		return filterAttr
	case "join":
		return filterJoin
	case "length", "count":
		return filterLength
	case "first", "last":
		return filterEnd(name == "last")
	case "list":
		return func(c *Call) (any, error) { return &List{slices.Clone(c.Items(0, ""))}, c.Done() }
	case "items":
		return filterItems
	case "sort":
		return filterSort
	case "dictsort":
		return filterDictsort
	case "max":
		return filterExtreme(1)
	case "min":
		return filterExtreme(-1)
	case "reverse":
		return filterReverse
	case "unique":
		return filterUnique
	case "map":
		return filterMap
	case "select", "reject":
		return filterSelect(name == "select", false)
	case "selectattr", "rejectattr":
		return filterSelect(name == "selectattr", true)
	case "groupby":
		return filterGroupby
	case "batch":
		return filterBatch
	case "slice":
		return filterSlice
	case "sum":
		return filterSum
	}
	return nil
}

func filterJoin(c *Call) (any, error) {
	all, separator := c.Items(0, ""), c.Printed(1, "d", "")
	key := c.by(c.Value(2, "attribute", nil))
	if err := c.Done(); err != nil {
		return nil, err
	}
	var out strings.Builder
	for i, item := range all {
		item, err := key(item)
		if err != nil {
			return nil, err
		}
		printed, err := str(item)
		if err == nil {
			err = c.frame.run.fits(out.Len() + len(printed) + len(separator))
		}
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteString(separator)
		}
		out.WriteString(printed)
	}
	return out.String(), c.room(out.Len())
}

func filterEnd(last bool) Function {
	return func(c *Call) (any, error) {
		all := c.Items(0, "")
		if err := c.Done(); err != nil {
			return nil, err
		}
		switch {
		case len(all) == 0:
			return c.frame.undefined("the sequence is empty"), nil
		case last:
			return all[len(all)-1], nil
		}
		return all[0], nil
	}
}

func filterItems(c *Call) (any, error) {
	switch value := c.Value(0, "", nil).(type) {
	case *Dict:
		return &List{pairsOf(value)}, c.Done()
	case *Undefined:
		return &List{}, c.Done()
	}
	return nil, errors.New("it needs a mapping")
}

func filterReverse(c *Call) (any, error) {
	value := c.Value(0, "", nil)
	all := slices.Clone(c.Items(0, ""))
	slices.Reverse(all)
	if _, ok := value.(string); !ok {
		return &List{all}, c.Done()
	}
	var out strings.Builder
	for _, r := range all {
		out.WriteString(r.(string)) // items of a text are texts
	}
	return out.String(), c.Done()
}

func filterUnique(c *Call) (any, error) {
	all, sensitive := c.Items(0, ""), c.Bool(1, "case_sensitive", false)
	key := c.by(c.Value(2, "attribute", nil))
	if err := c.Done(); err != nil {
		return nil, err
	}
	var seen Dict
	kept := &List{}
	for _, item := range all {
		k, err := key(item)
		if err != nil {
			return nil, err
		}
		k = fold(k, sensitive)
		if _, ok := seen.Get(k); ok {
			continue
		}
		if err := seen.Set(k, true); err != nil {
			return nil, err
		}
		kept.Items = append(kept.Items, item)
	}
	return kept, nil
}

// fold is a text without regard to case.
func fold(value any, sensitive bool) any {
	if s, ok := value.(string); ok && !sensitive {
		return strings.ToLower(s)
	}
	return value
}

// by returns a function that gives the attribute of an item, "a.b" or a number, or the item itself where there is none.
func (c *Call) by(name any) func(any) (any, error) {
	return c.byOr(name, nil)
}

func (c *Call) byOr(name, otherwise any) func(any) (any, error) {
	if name == nil {
		return func(item any) (any, error) { return item, nil }
	}
	parts := strings.Split(fmt.Sprint(name), ".")
	return func(item any) (any, error) {
		for _, part := range parts {
			var key any = part
			if i, err := strconv.Atoi(part); err == nil {
				key = i
			}
			var err error
			if item, err = c.frame.item(item, key); err != nil {
				return nil, err
			}
			if _, missing := item.(*Undefined); missing && otherwise != nil {
				item = otherwise
			}
		}
		return item, nil
	}
}

// existing is Items, but what counts as false is empty, as map and select have it.
func (c *Call) existing() []any {
	if is, err := truth(c.Args[0]); !is && err == nil {
		c.used = max(c.used, 1)
		return nil
	}
	return c.Items(0, "")
}

func filterMap(c *Call) (any, error) {
	all := c.existing()
	out := &List{Items: make([]any, 0, len(all))}
	step, err := c.mapping()
	if err != nil {
		return nil, err
	}
	for _, item := range all {
		value, err := step(item)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, value)
	}
	return out, nil
}

// mapping returns what map does with each item: it takes an attribute, or calls a filter.
func (c *Call) mapping() (func(any) (any, error), error) {
	if len(c.Args) < 2 {
		step := c.byOr(c.Value(1, "attribute", nil), c.Value(2, "default", nil))
		return step, c.Done()
	}
	name := c.Text(1, "", "")
	if c.err != nil {
		return nil, c.err
	}
	return func(item any) (any, error) {
		return c.frame.filter(name, &Call{Args: append([]any{item}, c.Args[2:]...), Named: slices.Clone(c.Named)})
	}, nil
}

// filterSelect keeps the items that a test holds for, or those that it does not; where byAttribute is set the first argument
// names the attribute that is tested.
func filterSelect(want, byAttribute bool) Function {
	return func(c *Call) (any, error) {
		all, first := c.existing(), 1
		key := c.by(nil)
		if byAttribute {
			key, first = c.by(c.Value(1, "", "")), 2
		}
		name := c.Text(first, "", "")
		if c.err != nil {
			return nil, c.err
		}
		kept := &List{}
		for _, item := range all {
			value, err := key(item)
			if err != nil {
				return nil, err
			}
			var ok bool
			if name == "" {
				ok, err = truth(value)
			} else {
				ok, err = c.frame.test(name, &Call{Args: append([]any{value}, c.Args[min(first+1, len(c.Args)):]...)})
			}
			if err != nil {
				return nil, err
			}
			if ok == want {
				kept.Items = append(kept.Items, item)
			}
		}
		return kept, nil
	}
}
