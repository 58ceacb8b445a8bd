package jinja_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// TestTemplatesGiveWhatJinja2Gives renders templates that Jinja2 3.1.6 rendered, with StrictUndefined and the extension "do".
func TestTemplatesGiveWhatJinja2Gives(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/jinja2.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Template, Gives string
		// Blocks says that trim_blocks, lstrip_blocks and keep_trailing_newline were set.
		Blocks bool
		// Fails says that Jinja2 refuses the template.
		Fails bool
	}
	if err := json.Unmarshal(source, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Template, func(t *testing.T) {
			t.Parallel()
			e := &jinja.Environment{TrimBlocks: c.Blocks, LstripBlocks: c.Blocks, KeepTrailingNewline: c.Blocks}
			got, err := render(e, c.Template)
			switch {
			case c.Fails && err == nil:
				t.Errorf("%q is no mistake here, but gives %q", c.Template, got)
			case !c.Fails && err != nil:
				t.Error(err)
			case !c.Fails && got != c.Gives:
				t.Errorf("%q gives %q, not %q", c.Template, got, c.Gives)
			}
		})
	}
}

// render renders a template with the variables of the test cases.
func render(e *jinja.Environment, source string) (string, error) {
	template, err := e.Parse("t", source)
	if err != nil {
		return "", err
	}
	d := &jinja.Dict{}
	if err := errors.Join(d.Set("k", "v"), d.Set("b", 2)); err != nil {
		return "", err
	}
	return template.Render(map[string]any{"x": "hello", "d": d, "l": []any{}})
}
