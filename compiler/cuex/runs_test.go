package cuex

import "testing"

func TestRunsOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		expression string
		isRuns     bool
	}{
		"a class and a count":                {`^[a-z][a-z0-9]{0,31}$`, true},
		"a word":                             {`^https[a-z]+$`, true},
		"any character":                      {`^.{1,100}$`, true},
		"an end that no repetition can take": {`^[0-9]+[hdw]$`, true},
		"an optional part that is told by its first": {`^a+-?b*$`, true},
		"a repetition that would take the end":       {`^[a-z]+z$`, false},
		"a repetition behind an optional part":       {`^[a-z]+-?[a-z]$`, false},
		"a group":                                    {`^(a|b)$`, false},
		"a repeated group":                           {`^(ab)+$`, false},
		"alternatives":                               {`^(ab|cd)$`, false},
		"no anchors":                                 {`a`, false},
		"any case":                                   {`^(?i)a$`, false},
		"lines":                                      {`(?m)^a$`, false},
		"what cannot be read":                        {`^(`, false},
	}
	for name, test := range tests {
		if got := runsOf(test.expression) != nil; got != test.isRuns {
			t.Errorf("%s, %s: has runs is %v, want %v", name, test.expression, got, test.isRuns)
		}
	}
}
