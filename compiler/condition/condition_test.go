package condition_test

import (
	"regexp"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
)

func TestCondition(t *testing.T) {
	t.Parallel()
	a, b, c := condition.IsSet("A"), condition.Equals("B", "x"), condition.Same("C", "D")
	tests := map[string]struct {
		condition condition.Condition
		want      string
	}{
		"none":                        {condition.Condition{}, ""},
		"any of none":                 {condition.Any(), ""},
		"all of none":                 {condition.All(condition.Condition{}), ""},
		"set":                         {a, `$A =~ /.+/`},
		"unset":                       {condition.IsUnset("A"), `$A !~ /.+/`},
		"a value":                     {b, `$B == "x"`},
		"a value with a quote":        {condition.Equals("B", `a"b`), `$B =~ /^(a"b)$/`},
		"a value of two lines":        {condition.Equals("B", "a\nb.c"), `$B =~ /^(a\nb\.c)$/`},
		"two variables":               {c, `$C == $D`},
		"one of several":              {condition.IsOneOf("B", []string{"y/z", "x", "x"}), `$B =~ /^(x|y\/z)$/`},
		"a name in a list":            {condition.Lists("B", []string{"a.b", "a"}), `$B =~ /(^|[,\s])(a|a\.b)([,\s]|$)/`},
		"nothing but names in a list": {condition.ListsOnly("B", []string{"b", "a"}), `$B =~ /^[,\s]*((a|b)([,\s]+|$))+$/`},
		"a version":                   {condition.IsVersion("T"), `$T =~ /^v?\d+\.\d+\.\d+/`},
		"any of one":                  {condition.Any(a, condition.Condition{}), `$A =~ /.+/`},
		"any":                         {condition.Any(a, b), `$A =~ /.+/ || $B == "x"`},
		"all":                         {condition.All(a, b), `$A =~ /.+/ && $B == "x"`},
		"any of all":                  {condition.Any(condition.All(a, b), c), `$A =~ /.+/ && $B == "x" || $C == $D`},
		"all of any":                  {condition.All(condition.Any(a, b), c), `($A =~ /.+/ || $B == "x") && $C == $D`},
		"all of any of one":           {condition.All(condition.Any(a), c), `$A =~ /.+/ && $C == $D`},
		"any of any":                  {condition.Any(condition.Any(a, b), c), `$A =~ /.+/ || $B == "x" || $C == $D`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.condition.String(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if test.condition.IsZero() != (test.want == "") {
				t.Errorf("IsZero is %t", test.condition.IsZero())
			}
		})
	}
}

// The job that checks names separates them in the same way.
func TestListsTakesCommasAndWhiteSpace(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct{ lists, only bool }{
		"a": {true, true}, "a,b": {true, true}, "b, a": {true, true}, "b a": {true, true}, " a\nb,": {true, true}, ",a,,b": {true, true},
		"b": {false, true}, "a x": {true, false}, "ab": {}, "x": {}, "": {}, "a/b": {},
	} {
		if got := matches(t, condition.Lists("V", []string{"a"}), value); got != want.lists {
			t.Errorf("%q lists a: %t", value, got)
		}
		if got := matches(t, condition.ListsOnly("V", []string{"a", "b"}), value); got != want.only {
			t.Errorf("%q lists only a and b: %t", value, got)
		}
	}
}

// matches reports whether a value matches the pattern of a condition.
func matches(t *testing.T, c condition.Condition, value string) bool {
	t.Helper()
	_, pattern, _ := strings.Cut(c.String(), " =~ /")
	return regexp.MustCompile(strings.TrimSuffix(pattern, "/")).MatchString(value)
}
