package expression_test

import (
	"errors"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
)

func TestConditionsHoldAsInGitLab(t *testing.T) {
	t.Parallel()
	variables := map[string]string{
		"EMPTY": "", "BLANK": " ", "A": "a", "BRANCH": "main", "PATTERN": "/^MA/i", "LIST": "base,rust", "YES": "true", "PARENTHESIS": "/(/",
		"LINES": "first\n/main/\nlast",
	}
	tests := map[string]struct {
		text string
		want bool
	}{
		"a variable":                             {`$A`, true},
		"an undefined variable":                  {`$UNDEFINED`, false},
		"an empty variable":                      {`$EMPTY`, false},
		"a blank variable":                       {`$BLANK`, false},
		"an empty variable is true inside":       {`$EMPTY && $A`, true},
		"an empty variable is enough inside":     {`$EMPTY || $A`, false},
		"an undefined variable is not":           {`$UNDEFINED || $A`, true},
		"a pattern that needs text":              {`$EMPTY =~ /.+/ || $A`, true},
		"an empty variable is not null":          {`$EMPTY == null`, false},
		"an undefined variable is null":          {`$UNDEFINED == null`, true},
		"null is not empty text":                 {`$UNDEFINED == ""`, false},
		"an undefined variable is not empty":     {`$UNDEFINED != ""`, true},
		"and binds tighter than or":              {`$A || $A && null`, true},
		"parentheses":                            {`($A || $A) && null`, false},
		"comparisons bind tighter than and":      {`$A == "b" && $A == "a" || $A == "a"`, true},
		"not binds tighter than a comparison":    {`!$A == "a"`, false},
		"not of an empty variable":               {`!$EMPTY`, true},
		"not twice":                              {`!!$A`, true},
		"quotes do not matter":                   {`$A == 'a'`, true},
		"other quotes are text":                  {`"'" == '"'`, false},
		"true equals its text":                   {`$YES == true`, true},
		"a comparison is a value":                {`($A == "a") == true`, true},
		"operators may follow their operands":    {`$A "a" ==`, true},
		"a pattern":                              {`$BRANCH =~ /^ma.n$/`, true},
		"a pattern with a flag":                  {`$BRANCH =~ /^MAIN$/i`, true},
		"no match":                               {`$BRANCH !~ /topic/`, true},
		"no value has no match":                  {`$UNDEFINED !~ /topic/`, true},
		"a slash in a pattern":                   {`"a/b" =~ /a\/b/`, true},
		"a pattern in a variable":                {`$BRANCH =~ $PATTERN`, true},
		"a pattern in a line of a variable":      {`$BRANCH =~ $LINES`, true},
		"an invalid pattern in a variable":       {`$BRANCH =~ $PARENTHESIS`, false},
		"no pattern":                             {`$BRANCH =~ $UNDEFINED`, false},
		"no pattern has no match":                {`$BRANCH !~ $UNDEFINED`, true},
		"text that is no pattern has the value":  {`$A =~ "cat"`, true},
		"an empty value is in text":              {`$EMPTY =~ "cat"`, true},
		"a pattern alone":                        {`/ab/`, true},
		"an input that GitLab did not replace":   {`$[[ inputs.name ]]`, false},
		"variables end where their names end":    {`$A$BRANCH ==`, false},
		"a single name in a list":                {`$LIST =~ /(^|,)rust(,|$)/`, true},
		"a quoted part of a pattern":             {`"a.b" =~ /\Qa.b\E/`, true},
		"a quoted part without an end":           {`"a.b" =~ /\Qa.b/`, false},
		"text in which a pattern's value occurs": {`"a" =~ "/b"`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := expression.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := parsed.Holds(expression.Scope{Variables: variables}); got != test.want || err != nil {
				t.Errorf("%s is %v, %v; want %v", test.text, got, err, test.want)
			}
		})
	}
}

func TestInputsAreValuesInTheRulesOfInputs(t *testing.T) {
	t.Parallel()
	scope := expression.Scope{Inputs: map[string]expression.Value{
		"name": expression.Text("a"), "wanted": expression.Bool(true), "count": expression.Other("1"),
	}}
	tests := map[string]bool{
		`$[[ inputs.name ]] == "a"`: true, `$[[inputs.wanted]]`: true, `$[[ inputs.wanted ]] == "true"`: true,
		`$[[ inputs.count ]] == "1"`: false, `$[[ inputs.count ]]`: true, `$[[ inputs.missing ]]`: false,
	}
	for text, want := range tests {
		parsed, err := expression.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsed.Holds(scope); got != want || err != nil {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestSyntaxErrorsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text    string
		offset  int
		message string
	}{
		"nothing":               {"", 0, "is empty"},
		"blanks":                {" \n", 0, "is empty"},
		"an open quote":         {`$A == "b`, 6, "must end in the same line"},
		"a quote over lines":    {"$A == \"b\nc\"", 6, "must end in the same line"},
		"a short pattern":       {`$A =~ /./`, 6, "at least two characters"},
		"a wrong pattern":       {`$A =~ /(a/`, 6, "the pattern is invalid"},
		"an unknown class":      {`$A =~ /\p{Letter}/`, 6, "no class of characters"},
		"one ampersand":         {`$A & $B`, 3, "an operator is one of"},
		"a dollar":              {`$A == $`, 6, "the name of a variable"},
		"a word":                {`$A == main`, 6, "expected a variable"},
		"a missing operand":     {`$A && `, 3, "on both sides"},
		"a missing first one":   {`== $A`, 0, "on both sides"},
		"not of nothing":        {`!`, 0, "without a value"},
		"a missing operator":    {`$A == "b" $B`, 10, "an operator is missing"},
		"an open parenthesis":   {`($A && $B`, 0, "`(` without `)`"},
		"a closed parenthesis":  {`$A && $B)`, 8, "`)` without `(`"},
		"more than 99 elements": {strings.Repeat("$A || ", 50) + "$A", 297, "at most 99"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := expression.Parse(test.text)
			var syntax *expression.Error
			if !errors.As(err, &syntax) {
				t.Fatalf("%q gave no syntax error but %v", test.text, err)
			}
			if syntax.Offset != test.offset || !strings.Contains(syntax.Message, test.message) {
				t.Errorf("%q gave %d %q; want %d %q", test.text, syntax.Offset, syntax.Message, test.offset, test.message)
			}
		})
	}
}

func TestValuesThatStopGitLab(t *testing.T) {
	t.Parallel()
	tests := map[string]int{`$A =~ ("b" == "b")`: 3, `/ab/ == "ab"`: 5, `$A || /ab/ != null`: 11}
	for text, offset := range tests {
		parsed, err := expression.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parsed.Holds(expression.Scope{})
		var failure *expression.Error
		if !errors.As(err, &failure) || failure.Offset != offset {
			t.Errorf("%s gave %v; want a failure at offset %d", text, err, offset)
		}
	}
}
