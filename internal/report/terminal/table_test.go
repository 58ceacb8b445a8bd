package terminal_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows [][]string
		want string
	}{
		"nothing":                                {nil, ""},
		"columns are as wide as their widest":    {[][]string{{"NAME", "TAG"}, {"base", "1"}, {"rust-toolchain", "2"}}, "NAME            TAG\nbase            1\nrust-toolchain  2\n"},
		"no line ends with spaces":               {[][]string{{"a", "", ""}, {"long", "b", ""}}, "a\nlong  b\n"},
		"a cell controls neither line nor color": {[][]string{{"a\nb\tc", "\x1b[31md"}}, terminal.Line("a\nb\tc") + "  " + terminal.Line("\x1b[31md") + "\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := terminal.Table(test.rows); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
