package jinja_test

import (
	"fmt"
	"io/fs"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// TestTemplatesOfSeveralFiles has what Jinja2 3.1.6 gives.
func TestTemplatesOfSeveralFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"inc":  "<{{ x }}{% set x = 9 %}{{ i is defined }}>\n",
		"mac":  "{% macro hello(a) %}hi {{ a }} {{ x is defined }}{% endmacro %}{% set v = 7 %}{% set _p = 1 %}text",
		"base": `A{% block a %}base a {{ x }}{% endblock %}B{% block b %}{% block c %}inner{% endblock %}{% endblock %}{{ self.a() }}`,
		"mid":  `{% extends "base" %}{% block a %}mid({{ super() }}){% endblock %}{% set top = 1 %}`,
	}
	e := &jinja.Environment{Load: func(name string) (string, error) {
		if source, ok := files[name]; ok {
			return source, nil
		}
		return "", fs.ErrNotExist
	}}
	for template, want := range map[string]string{
		`{% for i in [1,2] %}{% include "inc" %}{% endfor %}{{ x }}`:                                "<helloTrue><helloTrue>hello",
		`{% include ["none", "inc"] %}`:                                                             "<helloFalse>",
		`{% include "none" ignore missing %}|`:                                                      "|",
		`{% import "mac" as m %}{{ m.hello(1) }}{{ m.v }}{{ m._p is defined }}{{ m }}`:              "hi 1 False7Falsetext",
		`{% from "mac" import hello as h, v with context %}{{ h(v) }}`:                              "hi 7 True",
		`{% from "mac" import nothing %}{{ nothing is defined }}`:                                   "False",
		`{% extends "base" %}dropped{% block a %}mine{% endblock %}`:                                "AmineBinnermine",
		`{% extends "mid" %}{% block c %}C{% endblock %}{% block a %}[{{ super() }}]{% endblock %}`: "A[mid(base a hello)]BC[mid(base a hello)]",
		`{% set x = 5 %}{% extends "mid" %}`:                                                        "Amid(base a 5)Binnermid(base a 5)",
		`{% if 1 %}{% extends "base" %}{% endif %}{% block b %}{{ super() }}!{% endblock %}`:        "Abase a helloBinner!base a hello",
		`x{% set base = "base" %}{% extends base %}`:                                                "xAbase a helloBinnerbase a hello",
	} {
		got, err := render(e, template)
		if err != nil || got != want {
			t.Errorf("%s gives %q and %v, not %q", template, got, err, want)
		}
	}
	if _, err := render(e, `{% include "inc" without context %}`); err == nil || err.Error() != "inc:1:5: 'x' is undefined" {
		t.Errorf("without context x is no mistake, but gives %v", err)
	}
}

func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"{% for a, b in d.items() recursive %}{{ loop(a) }}{% else %}{% endfor %}", "{% macro m(a=1) %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}",
		"{{ 'a%s' % 1 ~ '{:>5}'.format(2) | upper }}", "{%- set x | replace('a', 'b') -%} {%+ endset +%}", "{% block a %}{{ super() }}{% endblock %}{{ self.a() }}",
		"{{ 'x' * 9 ** 9 }}{{ [1] * 99 }}{{ x[::-1] }}", "{% raw %}{{ {# #}", "{{ l|map('upper')|batch(2)|list|tojson(2) }}", "{% do l.append(l) %}{{ l }}{{ l == l }}{{ l < l }}",
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, template string, lenient bool) {
		limits := jinja.Limits{Steps: 2000, Bytes: 1 << 16, Depth: 20}
		e := &jinja.Environment{Lenient: lenient, TrimBlocks: lenient, Limits: limits, Load: func(string) (string, error) { return template, nil }}
		stop := time.AfterFunc(10*time.Second, func() { panic(fmt.Sprintf("%q does not end", template)) })
		defer stop.Stop()
		got, err := render(e, template)
		if err != nil && got != "" || len(got) > limits.Bytes {
			t.Errorf("%d bytes and %v", len(got), err)
		}
	})
}
