package containerfile_test

import (
	"errors"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
)

func TestMistakesOfTheParserHaveWordsOfOurOwn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, want string
		line         int
	}{
		"no FROM":                            {"RUN true\n", "an instruction is before the first FROM", 1},
		"a long line":                        {"FROM a\nRUN echo " + strings.Repeat("x", 70_000) + "\n", "a line has more than 65535 bytes", 2},
		"an unknown instruction":             {"FROM a\n\nRUNN true\n", "unknown instruction \"RUNN\"; did you mean \"RUN\"?", 3},
		"an instruction without an argument": {"FROM a\nCOPY\n", "COPY requires at least two arguments, but only one was provided. Destination could not be determined", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := containerfile.Parse([]byte(test.source), nil, "")
			var got *containerfile.Error
			if !errors.As(err, &got) || got.Message != test.want || got.Line != test.line {
				t.Fatalf("got %#v, want %q in line %d", err, test.want, test.line)
			}
		})
	}
}
