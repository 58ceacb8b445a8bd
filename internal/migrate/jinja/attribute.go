package jinja

import (
	"fmt"
	"unicode/utf8"
)

// attribute is a.b.
type attribute struct {
	of   expression
	name string
	at   int
}

func (e *attribute) eval(f *frame) (any, error) {
	of, err := e.of.eval(f)
	if err != nil {
		return nil, err
	}
	value, err := f.attribute(of, e.name)
	if _, ok := of.(*Undefined); ok {
		return nil, at(place(e.of, e.at), err)
	}
	return value, at(e.at, err)
}

// attribute returns an attribute of a value, or the item of that name.
func (f *frame) attribute(of any, name string) (any, error) {
	if u, ok := of.(*Undefined); ok {
		return nil, u.err()
	}
	if value, ok := f.ownAttribute(of, name); ok {
		return value, nil
	}
	if d, ok := of.(*Dict); ok {
		if value, ok := d.Get(name); ok {
			return value, nil
		}
	}
	return f.undefined(fmt.Sprintf("'%s' has no attribute '%s'", objectName(of), name)), nil
}

// objectName is what Jinja2 calls a value in messages.
func objectName(of any) string {
	if of == nil {
		return "None"
	}
	return kindOf(of) + " object"
}

// ownAttribute returns an attribute that a value has by its type.
func (f *frame) ownAttribute(of any, name string) (any, bool) {
	switch v := of.(type) {
	case string:
		return method(textMethods(name), v)
	case *List:
		return method(listMethods(name), v)
	case Tuple:
		return method(tupleMethods(name), v)
	case *Dict:
		return method(dictMethods(name), v)
	case *loopState:
		return v.attribute(name)
	case *namespace:
		return v.Get(name)
	case *module:
		return v.get(name)
	case *macro:
		if name == "name" {
			return v.statement.name, true
		}
	}
	return nil, false
}

// method binds a method to its value.
func method[T any](m func(v T, c *Call) (any, error), of T) (any, bool) {
	if m == nil {
		return nil, false
	}
	return Function(func(c *Call) (any, error) { return m(of, c) }), true
}

// item is a[b].
type item struct {
	of, key expression
	at      int
}

func (e *item) eval(f *frame) (any, error) {
	of, err := e.of.eval(f)
	if err != nil {
		return nil, err
	}
	if u, ok := of.(*Undefined); ok {
		return nil, at(place(e.of, e.at), u.err())
	}
	if s, ok := e.key.(*slice); ok {
		return s.of(f, of)
	}
	key, err := e.key.eval(f)
	if err != nil {
		return nil, err
	}
	value, err := f.item(of, key)
	return value, at(e.at, err)
}

// item returns the item of a value with a key, or the attribute of that name.
func (f *frame) item(of, key any) (any, error) {
	if u, ok := key.(*Undefined); ok && !u.lenient {
		return nil, u.err()
	}
	if d, ok := of.(*Dict); ok {
		if value, ok := d.Get(key); ok {
			return value, nil
		}
	}
	if i, _, isInt, ok := number(key); ok && isInt {
		if value, ok := itemAt(of, i); ok {
			return value, nil
		}
	}
	if name, ok := key.(string); ok {
		if value, ok := f.ownAttribute(of, name); ok {
			return value, nil
		}
		return f.undefined(fmt.Sprintf("'%s' has no attribute '%s'", objectName(of), name)), nil
	}
	return f.undefined(fmt.Sprintf("%s has no element %s", objectName(of), repr(key))), nil
}

// itemAt returns the item at an index; a negative one counts from the end.
func itemAt(of any, i int) (any, bool) {
	switch v := of.(type) {
	case string:
		n := utf8.RuneCountInString(v)
		if i < 0 {
			i += n
		}
		if i < 0 || i >= n {
			return nil, false
		}
		return string([]rune(v)[i]), true
	case *List:
		return itemOf(v.Items, i)
	case Tuple:
		return itemOf(v, i)
	}
	return nil, false
}

func itemOf(all []any, i int) (any, bool) {
	if i < 0 {
		i += len(all)
	}
	if i < 0 || i >= len(all) {
		return nil, false
	}
	return all[i], true
}
