package zuul

import (
	"errors"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// gitTag is the git tag that expressions are read with; the zero gitTag is a pipeline of a branch.
type gitTag string

// scope evaluates the expressions of one job.
type scope struct {
	vars vars
	tag  gitTag
	// read are the variables that an expression named, and steps is how many values were evaluated.
	read  map[string]bool
	steps *int
}

// The folders of a job: the home folder, where all projects are checked out, and where this one is. An expression has them with
// a mark before, since they are others in GitLab's jobs: only a path that ends in this project can be told.
const (
	home      = "/home/zuul"
	checkouts = "src/"
	source    = checkouts + ":this"
	mark      = "\x00"
)

// isExpression says whether Ansible evaluates a text.
func isExpression(s string) bool { return strings.Contains(s, "{{") || strings.Contains(s, "{%") }

// text is a scalar as Ansible has it. The error says why it is not known before the pipeline runs.
func (s scope) text(n *node) (string, error) {
	value, err := s.value(n, 0)
	if err != nil {
		return "", err
	}
	return unmarked(jinja.Print(value))
}

func unmarked(text string) (string, error) {
	if strings.Contains(text, mark) {
		return "", errCheckout
	}
	return text, nil
}

var errCheckout = errors.New("it is a path of Zuul's checkout")

// path is a scalar that may name a folder of the job.
func (s scope) path(n *node) (string, error) {
	value, err := s.value(n, 0)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(jinja.Print(value), mark, ""), nil
}

// texts are the items of a list, which an expression may give as a whole.
func (s scope) texts(n *node) ([]string, error) {
	value, err := s.value(n, 0)
	if err != nil {
		return nil, err
	}
	items := []any{value}
	switch many := value.(type) {
	case *jinja.List:
		items = many.Items
	case jinja.Tuple:
		items = many
	case nil:
		return nil, nil
	}
	var out []string
	for _, item := range items {
		text, err := unmarked(jinja.Print(item))
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

var errEndless = errors.New("the variables name each other without end")

// The limits of a job's variables: how deep they may name each other, and how many values they may give.
const (
	maxNested = 20
	maxSteps  = 200_000
)

// list is a value that must be a list of a file: itself, or that of the variable that an expression is.
func (s scope) list(n *node) *node {
	for range maxNested {
		text, isText := n.value.(string)
		parts := whole.FindStringSubmatch(text)
		if !isText || parts == nil || s.vars[strings.TrimSpace(parts[1])] == nil {
			break
		}
		s.read[strings.TrimSpace(parts[1])] = true
		n = s.vars[strings.TrimSpace(parts[1])]
	}
	return n
}

// value is a value with its expressions evaluated.
func (s scope) value(n *node, depth int) (any, error) {
	*s.steps++
	switch {
	case n == nil:
		return nil, nil
	case depth > maxNested || *s.steps > maxSteps:
		return nil, errEndless
	case strings.HasPrefix(n.tag, tagSecret):
		return nil, errors.New("it is encrypted")
	case n.kind == list:
		out := &jinja.List{}
		for _, item := range n.items {
			value, err := s.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, value)
		}
		return out, nil
	case n.kind == mapping:
		out := &jinja.Dict{}
		for _, f := range n.fields {
			value, err := s.value(f.value, depth+1)
			if err != nil {
				return nil, err
			}
			_ = out.Set(f.key, value) // a text is always a key
		}
		return out, nil
	}
	if text, ok := n.value.(string); ok && isExpression(text) {
		return s.expression(text, depth)
	}
	return n.value, nil
}
