package jobenv

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"":                                     nil,
		" curl  wget\n\tgit\r\n":               {"curl", "wget", "git"},
		`'pkgconfig(egl)' "a b" c'd'"e"`:       {"pkgconfig(egl)", "a b", "cde"},
		`$(id) ; rm -rf / $HOME * \n`:          {"$(id)", ";", "rm", "-rf", "/", "$HOME", "*", `\n`},
		`""`:                                   {""},
		"python3-gi-cairo\nlibfoo-dev>=1:2.3~": {"python3-gi-cairo", "libfoo-dev>=1:2.3~"},
	}
	for text, want := range tests {
		got, err := words(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if _, err := words("'open"); err == nil {
		t.Error("a quote that does not end is accepted")
	}
}
