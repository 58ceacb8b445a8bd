package pyyaml_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/internal/migrate/pyyaml"
)

func TestScalarsAreWhatPyYAMLReads(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]any{
		"yes": true, "Off": false, "y": "y", "true": true, "tRue": "tRue", "~": nil, "": nil, "null": nil,
		"10": 10, "-3": -3, "010": 8, "08": "08", "0x1f": 31, "0b11": 3, "1_000": 1000, "1:30": 90, "22:00": 1320, "0o17": "0o17",
		"1.5": 1.5, "1.": 1.0, "1e3": "1e3", "1.0e+3": 1000.0, "1.2.3": "1.2.3", "3.10": 3.1,
		`"yes"`: "yes", "'10'": "10", "!!str 10": "10", "2024-01-02": "2024-01-02", "a b": "a b", "|\n  x\n": "x\n",
	} {
		node, err := pyyaml.Parse([]byte(source))
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if diff := cmp.Diff(want, node.Value); diff != "" {
			t.Errorf("%q: %s", source, diff)
		}
	}
}

func TestMappingsKeepTheirOrderAndMerge(t *testing.T) {
	t.Parallel()
	node, err := pyyaml.Parse([]byte("base: &b {x: 1, y: 2}\nz: [1, yes]\na:\n  <<: *b\n  y: 3\n  y: 4\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := &jinja.Environment{}
	template, err := e.Parse("t", "{{ c.z }}{{ c.a }}{{ c|list }}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Render(map[string]any{"c": node.Jinja()})
	if want := "[1, True]{'y': 4, 'x': 1}['base', 'z', 'a']"; err != nil || got != want {
		t.Errorf("got %s, %v, not %s", got, err, want)
	}
	if at := node.Get("z"); at.Line != 2 || at.Column != 4 {
		t.Errorf("z is at %d:%d", at.Line, at.Column)
	}
}

func TestMistakesHaveALine(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a: 1\nb: [":                   "line 3: did not find expected node content",
		"a: 1\nb: !!binary x":          "line 2: the tag !!binary is not supported",
		"a: &a [*a]":                   "line 1: the file holds too much, or an alias holds itself",
		"a: 1\nb: 2024-01-02 10:00:00": "line 2: 2024-01-02 10:00:00 is no text in YAML 1.1; put it in quotes",
		"x: 1\n<<: 3":                  "line 2: << needs a mapping, or a list of them",
		"99999999999999999999":         "line 1: 99999999999999999999 is too large a number",
		"? [a]\n: b":                   "line 1: a key cannot be a list or a mapping",
	} {
		_, err := pyyaml.Parse([]byte(source))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, not %s", source, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: &b [1, *b]\n<<: {c: yes}\n"))
	f.Fuzz(func(_ *testing.T, source []byte) {
		node, err := pyyaml.Parse(source)
		if err == nil {
			node.Jinja()
		}
	})
}

func TestManyKeysAreReadAtOnce(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&source, "k%d: %d\n", i, i)
	}
	node, err := pyyaml.Parse([]byte(source.String()))
	if err != nil || len(node.Fields) != 90_000 {
		t.Fatal(err)
	}
}
