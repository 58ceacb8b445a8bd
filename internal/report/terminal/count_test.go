package terminal_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestTally(t *testing.T) {
	t.Parallel()
	initial := func(word string) byte { return word[0] }
	name := func(letter byte) string { return "with " + string(letter) }
	for _, test := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{"app"}, "1 with a"},
		{[]string{"app", "base", "api"}, "1 with b, 2 with a"},
		{[]string{"unknown", "base"}, "1 with b"},
	} {
		if got := terminal.Tally(test.words, initial, []byte("bca"), name); got != test.want {
			t.Errorf("%q: got %q, want %q", test.words, got, test.want)
		}
	}
}
