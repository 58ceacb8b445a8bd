package jinja

// output is text between tags.
type output struct{ text string }

func (s *output) exec(f *frame) error { return f.write(s.text) }

// print is {{ … }}.
type print struct{ value expression }

func (s *print) exec(f *frame) error {
	value, err := s.value.eval(f)
	if err != nil {
		return err
	}
	printed, err := str(value)
	if err == nil {
		err = f.write(printed)
	}
	return at(place(s.value, 0), err)
}

type do struct{ value expression }

func (s *do) exec(f *frame) error {
	_, err := s.value.eval(f)
	return err
}

type branch struct {
	test expression
	body []statement
}

type condition struct {
	branches  []branch
	otherwise []statement
}

func (s *condition) exec(f *frame) error {
	for _, b := range s.branches {
		ok, err := isTrue(f, b.test, 0)
		if err != nil {
			return err
		}
		if ok {
			return f.exec(b.body)
		}
	}
	return f.exec(s.otherwise)
}

// loop is {% for … %}.
type loop struct {
	target          target
	over, test      expression
	body, otherwise []statement
	recursive       bool
	at              int
}

func (s *loop) exec(f *frame) error {
	over, err := s.over.eval(f)
	if err != nil {
		return err
	}
	return s.iterate(f, over, 0)
}

// iterate executes the body for each of some items.
func (s *loop) iterate(f *frame, over any, depth int) error {
	all, err := items(over)
	if err != nil {
		return at(place(s.over, s.at), err)
	}
	if all, err = s.filtered(f, all); err != nil {
		return err
	}
	if len(all) == 0 {
		return f.nested().exec(s.otherwise)
	}
	state := &loopState{loop: s, items: all, depth: depth, outer: f}
	for i, item := range all {
		if err := at(s.at, f.run.charge(1)); err != nil {
			return err
		}
		inner := f.nested()
		state.index = i
		inner.scope.set("loop", state)
		if err := s.target.assign(inner, item, s.at); err != nil {
			return err
		}
		if err := inner.exec(s.body); err != nil {
			return err
		}
	}
	return nil
}

// filtered returns the items that the loop's condition holds for.
func (s *loop) filtered(f *frame, all []any) ([]any, error) {
	if s.test == nil {
		return append([]any(nil), all...), nil // the body may change the list
	}
	var kept []any
	for _, item := range all {
		if err := at(s.at, f.run.charge(1)); err != nil {
			return nil, err
		}
		inner := f.nested()
		if err := s.target.assign(inner, item, s.at); err != nil {
			return nil, err
		}
		ok, err := isTrue(inner, s.test, s.at)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, item)
		}
	}
	return kept, nil
}
