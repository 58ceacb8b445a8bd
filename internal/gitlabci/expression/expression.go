// Package expression parses and evaluates the conditions of `rules:if` as GitLab does.
//
// GitLab's language looks like that of other systems and differs from them: an empty string is true inside an expression, a
// unary `!` binds tighter than `==`, and the order of operands and operators is hardly checked. This package follows
// https://gitlab.com/gitlab-org/gitlab/-/tree/master/lib/gitlab/ci/pipeline/expression.
package expression

// Expression is a condition that GitLab accepts.
type Expression struct {
	text string
	root node
}

// Scope has the values that an expression can use.
type Scope struct {
	// Variables are the CI/CD variables by name. One that is missing is null.
	Variables map[string]string
	// Inputs are the values of `$[[ inputs.name ]]` in the conditions of `spec:inputs:rules`. Everywhere else GitLab replaces
	// inputs before it reads the expression.
	Inputs map[string]Value
}

// Parse reads an expression. The error is an *Error.
func Parse(text string) (Expression, error) {
	tokens, err := scan(text)
	if err != nil {
		return Expression{}, err
	}
	root, err := parse(tokens)
	if err != nil {
		return Expression{}, err
	}
	return Expression{text: text, root: root}, nil
}

// Holds reports whether the condition is met: whether the expression's value is anything but null, false or blank text. The
// error is an *Error.
func (e Expression) Holds(scope Scope) (bool, error) {
	value, err := e.root.evaluate(scope)
	if err != nil {
		return false, err
	}
	return value.isPresent(), nil
}

// String is the expression as it was written.
func (e Expression) String() string { return e.text }
