package jinja

// expression is a node that has a value.
type expression interface {
	eval(f *frame) (any, error)
}

type constant struct{ value any }

func (e *constant) eval(*frame) (any, error) { return e.value, nil }

type variable struct {
	name string
	at   int
}

func (e *variable) eval(f *frame) (any, error) {
	if value, ok := f.scope.get(e.name); ok {
		return value, nil
	}
	return f.undefined("'" + e.name + "' is undefined"), nil
}

func (f *frame) undefined(message string) *Undefined {
	return &Undefined{Message: message, lenient: f.run.env.Lenient}
}

// captured is the text of the block around it, the value that the block's filters begin with.
type captured struct{}

// capturedName is no name that a template could use.
const capturedName = "{captured}"

func (captured) eval(f *frame) (any, error) {
	value, _ := f.scope.get(capturedName)
	return value, nil
}

type listLiteral struct{ items []expression }

func (e *listLiteral) eval(f *frame) (any, error) {
	items, err := evalAll(f, e.items)
	return &List{items}, err
}

type tupleLiteral struct{ items []expression }

func (e *tupleLiteral) eval(f *frame) (any, error) {
	items, err := evalAll(f, e.items)
	return Tuple(items), err
}

func evalAll(f *frame, list []expression) ([]any, error) {
	values := make([]any, len(list))
	for i, item := range list {
		var err error
		if values[i], err = item.eval(f); err != nil {
			return nil, err
		}
	}
	return values, nil
}

type dictLiteral struct {
	keys, values []expression
	at           int
}

func (e *dictLiteral) eval(f *frame) (any, error) {
	d := &Dict{}
	for i := range e.keys {
		key, err := e.keys[i].eval(f)
		if err != nil {
			return nil, err
		}
		value, err := e.values[i].eval(f)
		if err == nil {
			err = at(e.at, d.Set(key, value))
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// choice is "a if b else c".
type choice struct {
	test, then, otherwise expression
	at                    int
}

func (e *choice) eval(f *frame) (any, error) {
	ok, err := isTrue(f, e.test, e.at)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return e.then.eval(f)
	case e.otherwise == nil:
		return &Undefined{Message: "the condition is false and there is no else", lenient: true}, nil
	}
	return e.otherwise.eval(f)
}

// isTrue is whether an expression's value counts as true.
func isTrue(f *frame, e expression, offset int) (bool, error) {
	value, err := e.eval(f)
	if err != nil {
		return false, err
	}
	ok, err := truth(value)
	return ok, at(place(e, offset), err)
}

// place is the offset of an expression that has one, or another offset.
func place(e expression, otherwise int) int {
	switch e := e.(type) {
	case *variable:
		return e.at
	case *attribute:
		return e.at
	case *item:
		return e.at
	case *filter:
		return e.at
	case *call:
		return e.at
	case *arithmetic:
		return e.at
	case *not:
		return place(e.operand, otherwise)
	}
	return otherwise
}

type logic struct {
	left, right expression
	isOr        bool
}

func (e *logic) eval(f *frame) (any, error) {
	left, err := e.left.eval(f)
	if err != nil {
		return nil, err
	}
	ok, err := truth(left)
	if err != nil {
		return nil, at(place(e.left, 0), err)
	}
	if ok == e.isOr {
		return left, nil
	}
	return e.right.eval(f)
}

type not struct{ operand expression }

func (e *not) eval(f *frame) (any, error) {
	ok, err := isTrue(f, e.operand, 0)
	return !ok, err
}
