package jinja

import "strings"

// target is what a value is assigned to.
type target interface {
	assign(f *frame, value any, at int) error
}

type targetName struct{ name string }

func (t *targetName) assign(f *frame, value any, _ int) error {
	f.scope.set(t.name, value)
	return nil
}

// targetAttribute is an attribute of a namespace.
type targetAttribute struct {
	name, key string
	at        int
}

func (t *targetAttribute) assign(f *frame, value any, _ int) error {
	of, _ := f.scope.get(t.name)
	n, ok := of.(*namespace)
	if !ok {
		return fail(t.at, "%s.%s cannot be set: %s is no namespace", t.name, t.key, t.name)
	}
	return at(t.at, n.Set(t.key, value))
}

type targetList struct{ targets []target }

func (t *targetList) assign(f *frame, value any, offset int) error {
	parts, err := items(value)
	if err != nil {
		return at(offset, err)
	}
	if len(parts) != len(t.targets) {
		return fail(offset, "%d values cannot be assigned to %d names", len(parts), len(t.targets))
	}
	for i, part := range parts {
		if err := t.targets[i].assign(f, part, offset); err != nil {
			return err
		}
	}
	return nil
}

// names are those that a target sets.
func names(t target) []string {
	switch t := t.(type) {
	case *targetName:
		return []string{t.name}
	case *targetList:
		var all []string
		for _, one := range t.targets {
			all = append(all, names(one)...)
		}
		return all
	}
	return nil
}

// set is {% set … = … %}.
type set struct {
	to    target
	value expression
	at    int
}

func (s *set) exec(f *frame) error {
	value, err := s.value.eval(f)
	if err == nil {
		err = s.to.assign(f, value, s.at)
	}
	return f.spoil(s.to, err)
}

// spoil gives the names of a target a value whose use is no mistake of its own, where there was one.
func (f *frame) spoil(t target, err error) error {
	if err != nil {
		for _, name := range names(t) {
			f.scope.set(name, &Undefined{reported: true})
		}
	}
	return err
}

// setBlock is {% set … %}…{% endset %}, or {% filter … %}…{% endfilter %} where it sets nothing.
type setBlock struct {
	to      target
	filters expression
	body    []statement
	at      int
}

func (s *setBlock) exec(f *frame) error {
	inner := f.nested()
	before := len(f.run.errors)
	body, err := inner.capture(s.body)
	if err != nil {
		return err
	}
	if len(f.run.errors) > before {
		return f.spoil(s.to, errReported)
	}
	var value any = body
	if s.filters != nil {
		inner.scope.set(capturedName, body)
		if value, err = s.filters.eval(inner); err != nil {
			return f.spoil(s.to, err)
		}
	}
	if s.to != nil {
		return s.to.assign(f, value, s.at)
	}
	printed, err := str(value)
	if err == nil {
		err = f.write(printed)
	}
	return at(s.at, err)
}

// with is {% with … %}.
type with struct {
	targets []target
	values  []expression
	body    []statement
}

func (s *with) exec(f *frame) error {
	inner := f.nested()
	for i, t := range s.targets {
		value, err := s.values[i].eval(f)
		if err == nil {
			err = t.assign(inner, value, 0)
		}
		if err != nil {
			return err
		}
	}
	return inner.exec(s.body)
}

// captured returns what a step prints.
func (f *frame) captured(step func(f *frame) error) (any, error) {
	inner := *f
	inner.out = &strings.Builder{}
	before := len(f.run.errors)
	err := step(&inner)
	if err == nil && len(f.run.errors) > before {
		err = errReported
	}
	return inner.out.String(), err
}
