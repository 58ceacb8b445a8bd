package condition_test

import (
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
		"a name in a list":            {condition.Lists("B", []string{"a.b", "a"}), `$B =~ /(^|,) *(a|a\.b) *(,|$)/`},
		"nothing but names in a list": {condition.ListsOnly("B", []string{"b", "a"}), `$B =~ /^( *(a|b) *(,|$))+$/`},
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
