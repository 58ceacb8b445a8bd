package zuul

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// The parts of an expression: its code, the texts in it, what it asks of Zuul, the projects that it names, and names of anything.
var (
	code       = regexp.MustCompile(`(?s)\{\{.*?\}\}|\{%.*?%\}`)
	whole      = regexp.MustCompile(`(?s)^\s*\{\{-?(.*?)-?\}\}\s*$`)
	quotedText = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`)
	zuulTag    = regexp.MustCompile(`\bzuul\.tag\b|\bzuul\[['"]tag['"]\]|\bzuul\.get\(\s*['"]tag['"]\s*(?:,[^()]*)?\)`)
	zuulSource = regexp.MustCompile(`\bzuul\.project\.src_dir\b`)
	otherDir   = regexp.MustCompile(`\bzuul\.projects\[\s*['"]([^'"]+)['"]\s*\]\.src_dir\b`)
	anyZuul    = regexp.MustCompile(`\bzuul\b`)
	secretName = regexp.MustCompile(`(?i)password|passwd|secret|token|credential`)
	identifier = regexp.MustCompile(`[A-Za-z_]\w*`)
	testOrPipe = regexp.MustCompile(`(?:\||\bis(?:\s+not)?\s)\s*[A-Za-z_]\w*`)
)

// isKeyword says whether a name belongs to the language of expressions.
func isKeyword(name string) bool {
	switch name {
	case "is", "not", "and", "or", "if", "else", "elif", "endif", "in", "for", "endfor", "set", "loop",
		"true", "false", "none", "True", "False", "None":
		return true
	}
	return false
}

// expression evaluates a text with expressions: to a value where it is one expression, to text otherwise.
func (s scope) expression(text string, depth int) (any, error) {
	variables, err := s.variables(text, depth)
	if err != nil {
		return nil, err
	}
	var captured any
	environment := &jinja.Environment{Filters: map[string]jinja.Function{
		"ternary": ternary,
		"bool":    func(c *jinja.Call) (any, error) { return isTrue(jinja.Print(c.Value(0, "", nil))), c.Done() },
		captureFilter: func(c *jinja.Call) (any, error) {
			captured = c.Value(0, "", nil)
			return "", c.Done()
		},
	}}
	parts := whole.FindStringSubmatch(text)
	isWhole := parts != nil && !strings.Contains(parts[1], "{{")
	if isWhole {
		text = "{{ (" + parts[1] + ") | " + captureFilter + " }}"
	}
	template, err := environment.Parse("expression", text)
	if err != nil {
		return nil, reason(err)
	}
	printed, err := template.Render(variables)
	switch {
	case err != nil:
		return nil, reason(err)
	case !isWhole:
		return printed, nil
	}
	if missing, ok := captured.(*jinja.Undefined); ok {
		return nil, errors.New(missing.Message)
	}
	return captured, nil
}

// captureFilter keeps the value of an expression instead of its text.
const captureFilter = "stemma_value"

// variables are those that a text names. One that is set elsewhere, such as in a parent job of another project, is an error.
func (s scope) variables(text string, depth int) (map[string]any, error) {
	rest := strings.Join(code.FindAllString(text, -1), " ")
	for _, known := range []*regexp.Regexp{zuulTag, zuulSource, otherDir} {
		rest = known.ReplaceAllString(rest, " ")
	}
	rest = quotedText.ReplaceAllString(rest, "''")
	if anyZuul.MatchString(rest) {
		return nil, errors.New("it asks Zuul for more than the git tag")
	}
	out := map[string]any{"zuul": s.zuul(text), "ansible_user_dir": mark + home}
	for _, name := range named(testOrPipe.ReplaceAllString(rest, "|")) {
		if _, known := out[name]; known {
			continue
		}
		n := s.vars[name]
		if n == nil {
			return nil, fmt.Errorf("%s is not set in this tree", name)
		}
		s.read[name] = true
		if secretName.MatchString(name) {
			return nil, fmt.Errorf("%s may hold a secret", name)
		}
		value, err := s.value(n, depth+1)
		switch {
		case errors.Is(err, errEndless):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

// zuul is what an expression may ask of Zuul: the git tag, and the folders of the projects that it names.
func (s scope) zuul(text string) map[string]any {
	projects := map[string]any{}
	for _, match := range otherDir.FindAllStringSubmatch(text, -1) {
		projects[match[1]] = map[string]any{"src_dir": mark + checkouts + match[1]}
	}
	out := map[string]any{"project": map[string]any{"src_dir": mark + source}, "projects": projects}
	if s.tag != "" {
		out["tag"] = string(s.tag)
	}
	return out
}

// named are the variables that code names: no attributes, functions or names of arguments.
func named(code string) []string {
	var out []string
	for _, at := range identifier.FindAllStringIndex(code, -1) {
		name, before, behind := code[at[0]:at[1]], code[:at[0]], strings.TrimLeft(code[at[1]:], " ")
		isArgument := strings.HasPrefix(behind, "=") && !strings.HasPrefix(behind, "==")
		if isKeyword(name) || strings.HasSuffix(before, ".") || strings.HasPrefix(behind, "(") || isArgument {
			continue
		}
		out = append(out, name)
	}
	return out
}

// ternary is Ansible's filter: the second value where the first is true, else the third.
func ternary(c *jinja.Call) (any, error) {
	value, yes, no := c.Value(0, "", nil), c.Value(1, "true_val", nil), c.Value(2, "false_val", nil)
	otherwise := c.Value(3, "none_val", nil)
	switch {
	case value == nil && otherwise != nil:
		return otherwise, c.Done()
	case c.Bool(0, "", false):
		return yes, c.Done()
	}
	return no, c.Done()
}

// isTrue is what Ansible takes for true.
func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1", "y", "t":
		return true
	}
	return false
}

// reason is the first mistake of an expression, without a place in it.
func reason(err error) error {
	var all jinja.Errors
	if errors.As(err, &all) && len(all) > 0 {
		return errors.New(all[0].Message)
	}
	return err
}
