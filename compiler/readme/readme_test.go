package readme_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/readme"
)

var two = []pipeline.Component{
	{File: "templates/b.yml", Image: "b", Description: "Ends | here", Inputs: []pipeline.Input{{Name: "tag", Description: "The tag."}, {Name: "name", Description: "The name."}}},
	{File: "templates/a.b.yml", Image: "a/b", Inputs: []pipeline.Input{{Name: "tag", Description: "The tag."}}},
}

const tableOfTwo = `
| component | image | inputs |
|---|---|---|
| [` + "`a.b`](templates/a.b.yml) | `a/b` | `tag`" + ` |
| [` + "`b`](templates/b.yml) | `b`" + `: Ends \| here | ` + "`tag`, `name`" + ` |

| input | meaning |
|---|---|
| ` + "`tag`" + ` | The tag. |
| ` + "`name`" + ` | The name. |

`

func TestTable(t *testing.T) {
	t.Parallel()
	const marked = "# Images\n" + readme.Begin + "\nold\n" + readme.End + "\nEnd"
	tests := map[string]struct {
		source     string
		components []pipeline.Component
		want       string
	}{
		"two components":    {marked, two, "# Images\n" + readme.Begin + "\n" + tableOfTwo + readme.End + "\nEnd"},
		"no components":     {marked, nil, "# Images\n" + readme.Begin + "\n\nThe project publishes no components.\n\n" + readme.End + "\nEnd"},
		"Windows line ends": {strings.ReplaceAll(marked, "\n", "\r\n"), two, strings.ReplaceAll("# Images\n"+readme.Begin+"\n"+tableOfTwo+readme.End+"\nEnd", "\n", "\r\n")},
		"nothing around":    {readme.Begin + " \n" + readme.End, nil, readme.Begin + " \n\nThe project publishes no components.\n\n" + readme.End},
		"after a code block": {
			"```\n" + readme.Begin + "\n```\n" + readme.Begin + "\n" + readme.End, nil,
			"```\n" + readme.Begin + "\n```\n" + readme.Begin + "\n\nThe project publishes no components.\n\n" + readme.End,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			place, ok := readme.Find([]byte(test.source), &found)
			if !ok || len(found) > 0 {
				t.Fatalf("got no place, and %v", found)
			}
			got := place.Fill([]byte(test.source), test.components)
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if again, ok := readme.Find(got, &found); !ok || string(again.Fill(got, test.components)) != string(got) {
				t.Error("filling it again should change nothing")
			}
		})
	}
}

func TestMarkersThatEncloseNothing(t *testing.T) {
	t.Parallel()
	const begin, end = readme.Begin + "\n", readme.End + "\n"
	tests := map[string]struct {
		source string
		want   []string
	}{
		"no marker":                       {"# Images\n", nil},
		"a marker in a sentence":          {"Write " + begin, nil},
		"a marker in an indented block":   {"    " + begin + "    " + end, nil},
		"no end":                          {"\n" + begin + "text\n", []string{"error README.md:2:1: no marker ends the table of components"}},
		"no begin":                        {"\n" + end, []string{"error README.md:2:1: no marker begins the table of components"}},
		"the end comes first":             {end + begin, []string{"error README.md:1:1: no marker begins the table of components"}},
		"begin twice":                     {begin + "\n" + begin + end, []string{"error README.md:3:1: README.md has the marker " + readme.Begin + " twice", "README.md:1:1 the first one"}},
		"end twice":                       {begin + end + end, []string{"error README.md:3:1: README.md has the marker " + readme.End + " twice", "README.md:2:1 the first one"}},
		"an end in a code block":          {begin + "~~~ text\n" + end + "~~~\n", []string{"error README.md:1:1: no marker ends the table of components", "README.md:3:1 a marker in a code block is text"}},
		"all in a code block":             {"```md\n" + begin + end + "```\n", []string{"warning README.md:2:1: the marker " + readme.Begin + " is in a code block, so README.md gets no table of components"}},
		"a shorter fence closes no block": {"````\n```\n" + begin + end, []string{"warning README.md:3:1: the marker " + readme.Begin + " is in a code block, so README.md gets no table of components"}},
		"other bytes":                     {"\xff\x00\r" + begin, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			if _, ok := readme.Find([]byte(test.source), &found); ok {
				t.Error("got a place, want none")
			}
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%s %s: %s", d.Severity, d.Span, d.Message))
				for _, note := range d.Notes {
					got = append(got, fmt.Sprintf("%s %s", note.Span, note.Message))
				}
				if d.Hint == "" {
					t.Error("got no hint")
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDescriptionsAreText(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Rust, and its tools":                   `Rust, and its tools`,
		"| <b>x</b> [y](javascript:1) `z`":      `\| \<b\>x\</b\> \[y\](javascript:1) \` + "`z\\`",
		`\| @all #1 !2 $x$ ~~y~~ &amp; *a* _b_`: `\\\| \@all \#1 \!2 \$x\$ \~\~y\~\~ \&amp; \*a\* \_b\_`,
		"a\x1b[31m\u202eb":                      `a\[31mb`,
		readme.End:                              `\<\!-- end of stemma components --\>`,
	}
	for text, want := range tests {
		var found diagnostic.List
		source := []byte(readme.Begin + "\n" + readme.End + "\n")
		place, _ := readme.Find(source, &found)
		got := string(place.Fill(source, []pipeline.Component{{File: "templates/a.yml", Image: "a", Description: text}}))
		if !strings.Contains(got, "| `a`: "+want+" |") {
			t.Errorf("got %s, want a cell with %s", got, want)
		}
	}
}

// FuzzFind fills any README twice: the first time changes nothing outside of the place, and the second nothing at all.
func FuzzFind(f *testing.F) {
	f.Add([]byte("# Images\r\n"+readme.Begin+"\r\n"+readme.End), "Rust")
	f.Add([]byte("````\n"+readme.Begin+"\n```\n"+readme.End), "`")
	f.Add([]byte(readme.Begin+"\n```\n"+readme.End+"\n"+readme.End), "a\n"+readme.End)
	f.Fuzz(func(t *testing.T, source []byte, description string) {
		var found diagnostic.List
		place, ok := readme.Find(source, &found)
		if !ok {
			return
		}
		components := []pipeline.Component{{File: "templates/a.yml", Image: "a", Description: strings.Join(strings.Fields(description), " ")}}
		once := place.Fill(source, components)
		before, _, _ := strings.Cut(string(source), readme.Begin)
		if !strings.HasPrefix(string(once), before) {
			t.Errorf("got %q, want %q before the table", once, before)
		}
		again, ok := readme.Find(once, &found)
		if !ok || string(again.Fill(once, components)) != string(once) {
			t.Errorf("got %q, which is filled differently again", once)
		}
	})
}
