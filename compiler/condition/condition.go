// Package condition builds the expressions of `rules:if`. Every term is a comparison: inside an expression GitLab takes a
// variable that is set and empty for true, so that `$A || $B` is false where A is empty and B is not
// (Gitlab::Ci::Pipeline::Expression evaluates with Ruby's truth). A Condition can print nothing else.
package condition

import (
	"regexp"
	"slices"
	"strings"
)

// Condition is an expression that GitLab accepts. The zero Condition is no condition; Any and All leave it out.
type Condition struct {
	text     string
	operator operator
}

// operator is the outermost operator of a condition, and says where it needs parentheses.
type operator uint8

const (
	none operator = iota
	comparison
	conjunction
	disjunction
)

// Variable is the name of a CI variable: letters, digits and "_".
type Variable string

// IsSet is true where a variable is defined and not empty. GitLab takes a pattern of a single character for no pattern, so
// that /./ would never match.
func IsSet(v Variable) Condition { return compare(v, "=~", "/.+/") }

// IsUnset is true where a variable is undefined or empty.
func IsUnset(v Variable) Condition { return compare(v, "!~", "/.+/") }

// Equals is true where a variable has a value, to the letter.
func Equals(v Variable, value string) Condition {
	if strings.ContainsAny(value, "\"\n\r") {
		return compare(v, "=~", exactly([]string{value}))
	}
	return compare(v, "==", `"`+value+`"`)
}

// Same is true where two variables have the same value, and where neither is defined.
func Same(a, b Variable) Condition { return compare(a, "==", "$"+string(b)) }

// IsOneOf is true where a variable has one of several values.
func IsOneOf(v Variable, values []string) Condition { return compare(v, "=~", exactly(values)) }

// Lists is true where a variable, a list with commas or white space, has one of several names in it.
func Lists(v Variable, names []string) Condition {
	return compare(v, "=~", `/(^|[,\s])(`+alternatives(names)+`)([,\s]|$)/`)
}

// ListsOnly is true where a variable, a list with commas or white space, has names in it and no others.
func ListsOnly(v Variable, names []string) Condition {
	return compare(v, "=~", `/^[,\s]*((`+alternatives(names)+`)([,\s]+|$))+$/`)
}

// IsVersion is true where a variable begins with a version such as v1.2.3 or 1.2.3.
func IsVersion(v Variable) Condition { return compare(v, "=~", `/^v?\d+\.\d+\.\d+/`) }

// Any is true where one of the conditions is; without any it is no condition.
func Any(conditions ...Condition) Condition { return join(disjunction, " || ", conditions) }

// All is true where all of the conditions are; without any it is no condition.
func All(conditions ...Condition) Condition { return join(conjunction, " && ", conditions) }

// IsZero reports whether there is no condition.
func (c Condition) IsZero() bool { return c.operator == none }

// String is the expression; that of no condition is empty.
func (c Condition) String() string { return c.text }

func compare(v Variable, comparator, right string) Condition {
	return Condition{text: "$" + string(v) + " " + comparator + " " + right, operator: comparison}
}

func join(operator operator, between string, conditions []Condition) Condition {
	conditions = slices.DeleteFunc(slices.Clone(conditions), Condition.IsZero)
	if len(conditions) < 2 {
		return slices.Concat(conditions, make([]Condition, 1))[0]
	}
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = c.text
		if operator == conjunction && c.operator == disjunction {
			texts[i] = "(" + c.text + ")"
		}
	}
	return Condition{text: strings.Join(texts, between), operator: operator}
}

func exactly(values []string) string { return "/^(" + alternatives(values) + ")$/" }

// unprintable are the characters that may not be part of an expression as they are.
var unprintable = strings.NewReplacer("/", `\/`, "\n", `\n`, "\r", `\r`)

// alternatives is the part of a pattern that matches any of the values, sorted and each once.
func alternatives(values []string) string {
	escaped := make([]string, len(values))
	for i, value := range values {
		escaped[i] = unprintable.Replace(regexp.QuoteMeta(value))
	}
	slices.Sort(escaped)
	return strings.Join(slices.Compact(escaped), "|")
}
