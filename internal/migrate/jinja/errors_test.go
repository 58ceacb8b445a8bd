package jinja_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// twice makes two lists that hold each other's like sixty times over, two by two.
const twice = "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}"

func TestMistakesNameTheirPlace(t *testing.T) {
	t.Parallel()
	others := map[string]string{
		"broken":  "fine\n{{ nothing }}\n",
		"itself":  "x{% include 'itself' %}",
		"a":       "{% extends 'b' %}",
		"b":       "{% extends 'a' %}",
		"unended": "a\n{% if x %}",
	}
	for _, c := range sample.List([]struct{ name, template, want string }{
		{"undefined", "a\n  {{ nothing }}", "t:2:6: 'nothing' is undefined"},
		{"filter", "{{ 'a'|uper }}", `t:1:8: there is no filter "uper"; did you mean "upper"?`},
		{"unsupported filter", "{{ 'a'|urlize }}", `t:1:8: the filter "urlize" is not supported`},
		{"test", "{{ 1 is ood }}", `t:1:9: there is no test "ood"; did you mean "odd"?`},
		{"tag", "{% sett x = 1 %}", `t:1:4: there is no tag "sett"; did you mean "set"?`},
		{"unclosed", "a\n\n{% for x in [] %}b", "t:3:19: the template ends, but {% endfor %} is needed before"},
		{"closed by another", "{% for x in [] %}{% endif %}", `t:1:21: expected else or endfor, found "endif"`},
		{"in an include", "{% include 'broken' %}", "broken:2:4: 'nothing' is undefined"},
		{"syntax of an include", "{% include 'unended' %}", "unended:2:11: the template ends, but {% endif %} is needed before"},
		{"missing include", "\n{% include 'gone' %}", `t:2:4: the template "gone" cannot be read: file does not exist`},
		{
			"all of them", "{{ one }}\n{{ two }}{% set a = three %}{{ a }}{{ 'x' + 1 }}\n{{ a|upper }}",
			"t:1:4: 'one' is undefined\nt:2:4: 'two' is undefined\nt:2:32: 'three' is undefined\nt:2:43: str and int cannot be joined with +; ~ turns both into text\nt:3:4: 'three' is undefined",
		},
		{"all unknown filters", "{{ 1|quark }}\n{{ 2|lepton(3) }}", "t:1:6: there is no filter \"quark\"\nt:2:6: there is no filter \"lepton\""},
		{"one cause, one error", "{% set a = 'x'|replace %}{{ a }}{{ a|upper }}", "t:1:16: replace: it needs an argument old"},
		{"includes itself", "{% include 'itself' %}", "itself:1:5: templates or macros are nested more than 100 deep; does one use itself?"},
		{"extends in a circle", "{% extends 'a' %}", "b:1:1: templates or macros are nested more than 100 deep; does one use itself?"},
		{"macro calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "t:1:19: templates or macros are nested more than 100 deep; does one use itself?"},
		{"endless loop", "{% set l = [1] %}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "t:1:48: the template takes more than 1000000 steps; does a loop never end?"},
		{"growing text", "{% set n = namespace(s='xxxxxxxx') %}{% for a in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}", "t:1:83: the template makes a text of more than 16777216 bytes"},
		{"growing output", "{% set s = 'x' * 9999999 %}{{ s }}{{ s }}", "t:1:38: the template makes a text of more than 16777216 bytes"},
		{"a value that holds itself many times is printed", twice + "{{ n.a }}", "t:1:131: a value of more than 16777216 bytes is printed"},
		{"and becomes JSON", twice + "{{ n.a|tojson }}", "t:1:133: tojson: a value of more than 16777216 bytes is printed"},
		{"and is compared", twice + "{{ n.a == n.b }}", "t:1:133: the template takes more than 1000000 steps; does a loop never end?"},
		{"nested too deep", "{{ " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200) + " }}", "t:1:53: more than 100 things are nested here"},
		{"long chain", "{{ 0" + strings.Repeat("+1", 100_000) + "[0]", "t:1:1: this tag has no end; it needs }}"},
		{"long chain of attributes", "{{ x" + strings.Repeat(".a", 200_000) + " }}", "t:1:6: 'str object' has no attribute 'a'"},
		{"no UTF-8", "a\xff", "t: the template is not UTF-8"},
	}, 4) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := &jinja.Environment{Load: func(name string) (string, error) {
				if source, ok := others[name]; ok {
					return source, nil
				}
				return "", fs.ErrNotExist
			}}
			got, err := render(e, c.template)
			if err == nil {
				t.Fatalf("%q is no mistake, but gives %.100q", c.template, got)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFiltersOfTheEnvironment(t *testing.T) {
	t.Parallel()
	broken := errors.New("no image of that name")
	e := &jinja.Environment{
		Globals: map[string]any{"names": []string{"a", "b"}},
		Filters: map[string]jinja.Function{
			"twice": func(c *jinja.Call) (any, error) {
				s := c.Text(0, "", "")
				return s + s, c.Done()
			},
			"fails": func(*jinja.Call) (any, error) { return nil, broken },
		},
	}
	got, err := render(e, "{{ names|join|twice }}")
	if err != nil || got != "abab" {
		t.Errorf("got %q and %v", got, err)
	}
	for template, want := range map[string]string{
		"{{ 1|twice }}":        "t:1:6: twice: a text is needed, and this is int",
		"{{ 'a'|twice('b') }}": "t:1:8: twice: it takes 1 arguments at most, and 2 are given",
		"{{ 'a'|twice(n=1) }}": "t:1:8: twice: it has no argument n",
		"{{ nothing|twice }}":  "t:1:4: 'nothing' is undefined",
		"\n{{ 'a'|fails }}":    "t:2:8: fails: no image of that name",
	} {
		_, err := render(e, template)
		if err == nil || err.Error() != want {
			t.Errorf("%q gives %v, not %q", template, err, want)
		}
	}
	if _, err := render(e, "{{ 'a'|fails }}"); !errors.Is(err, broken) {
		t.Errorf("the filter's own error is lost in %v", err)
	}
}

func TestLenientTemplatesPrintNothingForWhatIsMissing(t *testing.T) {
	t.Parallel()
	e := &jinja.Environment{Lenient: true}
	got, err := render(e, "[{{ nothing }}{% if nothing %}x{% endif %}{% for a in nothing %}y{% endfor %}{{ d.nothing }}{{ nothing|upper }}]")
	if err != nil || got != "[]" {
		t.Errorf("got %q and %v", got, err)
	}
	if _, err := render(e, "{{ nothing.more }}"); err == nil {
		t.Error("an attribute of a missing value is no mistake")
	}
}
