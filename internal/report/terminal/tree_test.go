package terminal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

var family = []terminal.Branch{
	{Name: "debian:13", Style: terminal.Cyan, Below: []terminal.Branch{
		{Name: "base", Column: "v1", Lines: []string{"a line"}, Below: []terminal.Branch{
			{Name: "gcc", Column: "12ab", Note: "rebuilt", Lines: []string{"another\x1b[2J"}},
		}},
		{Name: "clang", Column: "v2"},
	}},
	{Name: "scratch"},
}

func TestTree(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		look terminal.Look
		want string
	}{
		"ASCII": {terminal.Look{}, `debian:13
|-- base     v1
|   |   a line
|   ` + "`" + `-- gcc  12ab  rebuilt
|           another·[2J
` + "`" + `-- clang    v2
scratch
`},
		"UTF-8": {terminal.Look{IsUTF8: true}, `debian:13
├─ base    v1
│  │  a line
│  └─ gcc  12ab  rebuilt
│        another·[2J
└─ clang   v2
scratch
`},
		"narrow": {terminal.Look{IsUTF8: true, Width: 12}, `debian:13
├─ base    …
│  │  a line
│  └─ gcc  …
│        another·[2J
└─ clang   …
scratch
`},
	} {
		if diff := cmp.Diff(test.want, test.look.Tree(family)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestATreeInColour(t *testing.T) {
	t.Parallel()
	got := terminal.Look{IsColoured: true, IsUTF8: true}.Tree(family[:1])
	want := "\x1b[36mdebian:13\x1b[0m\n\x1b[2m├─ \x1b[0mbase    v1\n"
	if len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

func TestLinesBelowANameAreWrapped(t *testing.T) {
	t.Parallel()
	family := []terminal.Branch{{Name: "app", Lines: []string{"its parent  moved and so did all that it is built from"}, Below: []terminal.Branch{
		{Name: "base", Lines: []string{"built https://gitlab.example.org/team/base/-/pipelines/1 on Monday"}},
	}}}
	want := `app
│  its parent  moved
│  and so did all
│  that it is built
│  from
└─ base
      built
      https://gitlab.example.org/team/base/-/pipelines/1
      on Monday
`
	if diff := cmp.Diff(want, terminal.Look{IsUTF8: true, Width: 20}.Tree(family)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestALongNameDoesNotMoveTheColumn(t *testing.T) {
	t.Parallel()
	long := "a-name-that-is-longer-than-any-name-which-people-give-to-an-image"
	got := terminal.Look{}.Tree([]terminal.Branch{{Name: long, Column: "v1"}, {Name: "short", Column: "v2"}})
	if want := long + "  v1\nshort  v2\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheFirstVariableOfTheLocaleDecides(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environ map[string]string
		want    bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C"}, false},
		{map[string]string{"LANG": "C.UTF-8"}, true},
		{map[string]string{"LANG": "de_DE.utf8"}, true},
		{map[string]string{"LC_ALL": "C", "LANG": "C.UTF-8"}, false},
		{map[string]string{"LC_CTYPE": "en_GB.UTF-8", "LANG": "C"}, true},
	} {
		if got := terminal.IsUTF8(func(name string) string { return test.environ[name] }); got != test.want {
			t.Errorf("%v: got %t, want %t", test.environ, got, test.want)
		}
	}
}
