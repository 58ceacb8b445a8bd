package jinja

import (
	"errors"
	"fmt"
	"slices"
)

// listMethods returns a method that lists have in Python, or nil.
func listMethods(name string) func(l *List, c *Call) (any, error) {
	switch name {
	case "append":
		return func(l *List, c *Call) (any, error) {
			l.Items = append(l.Items, c.Value(0, "", nil))
			return nil, c.Done()
		}
	case "extend":
		return func(l *List, c *Call) (any, error) {
			l.Items = append(l.Items, slices.Clone(c.Items(0, ""))...)
			return nil, errors.Join(c.Done(), c.frame.run.charge(len(l.Items)/16))
		}
	case "insert":
		return func(l *List, c *Call) (any, error) {
			i := clamp(c.Int(0, "", 0), len(l.Items), 1)
			l.Items = slices.Insert(l.Items, i, c.Value(1, "", nil))
			return nil, errors.Join(c.Done(), c.charge(len(l.Items)/16))
		}
	case "pop":
		return popItem
	case "remove":
		return func(l *List, c *Call) (any, error) {
			i, err := c.place(l.Items)
			if err != nil {
				return nil, err
			}
			l.Items = slices.Delete(l.Items, i, i+1)
			return nil, c.Done()
		}
	case "clear":
		return func(l *List, c *Call) (any, error) { l.Items = nil; return nil, c.Done() }
	case "copy":
		return func(l *List, c *Call) (any, error) {
			return &List{slices.Clone(l.Items)}, errors.Join(c.Done(), c.charge(len(l.Items)))
		}
	case "reverse":
		return func(l *List, c *Call) (any, error) {
			slices.Reverse(l.Items)
			return nil, errors.Join(c.Done(), c.charge(len(l.Items)))
		}
	case "sort":
		return sortItems
	case "count", "index":
		of := tupleMethods(name)
		return func(l *List, c *Call) (any, error) { return of(Tuple(l.Items), c) }
	}
	return nil
}

func popItem(l *List, c *Call) (any, error) {
	i := c.Int(0, "", -1)
	if i < 0 {
		i += len(l.Items)
	}
	if i < 0 || i >= len(l.Items) {
		return nil, errors.New("the list has no such item to pop")
	}
	item := l.Items[i]
	l.Items = slices.Delete(l.Items, i, i+1)
	return item, errors.Join(c.Done(), c.charge(len(l.Items)/16))
}

func sortItems(l *List, c *Call) (any, error) {
	reverse := c.Bool(5, "reverse", false)
	if err := c.Done(); err != nil {
		return nil, err
	}
	var failed error
	less := c.lessBy(true, func(item any) (any, error) { return item, nil }, &failed)
	slices.SortStableFunc(l.Items, func(a, b any) int {
		if reverse {
			return less(b, a)
		}
		return less(a, b)
	})
	return nil, failed
}

// place is where a list has the item that the call names.
func (c *Call) place(all []any) (int, error) {
	i, err := c.frame.run.indexOf(all, c.Value(0, "", nil))
	if err == nil && i < 0 {
		err = errors.New("the item is not in the list")
	}
	return i, err
}

// tupleMethods returns a method that tuples have in Python, or nil.
func tupleMethods(name string) func(t Tuple, c *Call) (any, error) {
	switch name {
	case "count":
		return func(t Tuple, c *Call) (any, error) {
			n, item := 0, c.Value(0, "", nil)
			for _, other := range t {
				same, err := c.frame.run.equal(other, item)
				if err != nil {
					return nil, err
				}
				if same {
					n++
				}
			}
			return n, c.Done()
		}
	case "index":
		return func(t Tuple, c *Call) (any, error) {
			i, err := c.place(t)
			if err != nil {
				return nil, err
			}
			return i, c.Done()
		}
	}
	return nil
}

// dictMethods returns a method that mappings have in Python, or nil.
func dictMethods(name string) func(d *Dict, c *Call) (any, error) {
	switch name {
	case "items":
		return func(d *Dict, c *Call) (any, error) {
			return &List{pairsOf(d)}, errors.Join(c.Done(), c.charge(d.Len()))
		}
	case "keys":
		return func(d *Dict, c *Call) (any, error) {
			return &List{slices.Clone(d.keys)}, errors.Join(c.Done(), c.charge(d.Len()))
		}
	case "values":
		return func(d *Dict, c *Call) (any, error) {
			l := &List{}
			for _, key := range d.keys {
				value, _ := d.Get(key)
				l.Items = append(l.Items, value)
			}
			return l, errors.Join(c.Done(), c.charge(d.Len()))
		}
	case "get", "setdefault", "pop":
		return func(d *Dict, c *Call) (any, error) { return getItem(d, c, name) }
	case "copy":
		return func(d *Dict, c *Call) (any, error) {
			return d.copy(), errors.Join(c.Done(), c.charge(d.Len()))
		}
	case "clear":
		return func(d *Dict, c *Call) (any, error) { *d = Dict{}; return nil, c.Done() }
	case "update":
		return updateDict
	}
	return nil
}

func getItem(d *Dict, c *Call, name string) (any, error) {
	key := c.Value(0, "", nil)
	otherwise, given := c.argument(1, "")
	if err := c.Done(); err != nil {
		return nil, err
	}
	value, ok := d.Get(key)
	switch {
	case ok && name == "pop":
		d.remove(key)
		return value, c.charge(d.Len())
	case !ok && name == "setdefault":
		return otherwise, d.Set(key, otherwise)
	case !ok && name == "pop" && !given:
		return nil, fmt.Errorf("the mapping has no key %s", repr(key))
	case !ok:
		return otherwise, nil
	}
	return value, nil
}

func updateDict(d *Dict, c *Call) (any, error) {
	more, err := dictOf(c)
	if err != nil {
		return nil, err
	}
	other := more.(*Dict) // dictOf returns nothing else
	for _, key := range other.keys {
		value, _ := other.Get(key)
		if err := d.Set(key, value); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
