package shape

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// wrongKind reports a value of a kind that none of the forms has.
func (c check) wrongKind(s *Shape, n *tree.Node, at *path) {
	kinds := s.Kinds()
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.String()
	}
	c.found.Errorf(diagnostic.WrongType, n.Span, "%s must be %s, not %s", at.subject(), strings.Join(names, " or "), n.Kind).
		WithHint("%s", s.conversion(n, at)).WithKey(at.String())
}

// conversion says how to write a value of the wrong kind in a form of the shape; nothing where that is not known.
func (s *Shape) conversion(n *tree.Node, at *path) string {
	switch {
	case n.Kind == tree.Null && at.isEntry("images"):
		return "write its keys below it, indented further, or `{}` if the defaults are enough"
	case n.Kind == tree.Null:
		return "give it a value, or remove the key"
	case s.Scalar != nil && len(s.Scalar.Values) == 1:
		return fmt.Sprintf("write `%s: %s`", at.last(), s.Scalar.Values[0])
	case s.Scalar != nil && n.Kind == tree.String && isLiteral(s.Scalar.Kind, n.Text):
		return fmt.Sprintf("write it without quotes: `%s`", n.Text)
	case s.Scalar != nil && s.Item == nil && n.Kind == tree.List && len(n.Items) == 1 && n.Items[0].Kind < tree.List:
		return fmt.Sprintf("write `%s`, not in a list", n.Items[0].Text)
	case s.Item != nil:
		return s.Item.listOf(n)
	case s.Object != nil:
		return s.Object.mapOf(n, at)
	case n.Kind == tree.List:
		return fmt.Sprintf("write one text: `%s: |`, and each item on a line of its own below it", at.last())
	}
	return ""
}

// isLiteral reports whether a text without quotes is a number or a boolean.
func isLiteral(kind tree.Kind, text string) bool {
	_, err := strconv.Atoi(text)
	return kind == tree.Int && err == nil || kind == tree.Bool && (text == "true" || text == "false")
}

// listOf says how to write a value as a list of items.
func (s *Shape) listOf(n *tree.Node) string {
	switch {
	case n.Kind == tree.String && strings.HasPrefix(n.Text, "-"):
		return fmt.Sprintf("write a space behind each '-': `- %s`", strings.TrimSpace(n.Text[1:]))
	case n.Kind == tree.String && s.Scalar != nil:
		return "write a list: `" + flow(strings.FieldsFunc(n.Text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' })) + "`"
	case n.Kind == tree.Map && s.Scalar != nil:
		return "write a list: `" + flow(keys(n)) + "`"
	case s.Object != nil && n.Kind == tree.Map && s.Object.describes(n):
		return "write a list of maps: `- ` before its first key, and the others indented below that one"
	case s.Object != nil:
		return "write a list of maps: `- " + s.Object.example() + "`"
	}
	return ""
}

// mapOf says how to write a value as a map.
func (o *Object) mapOf(n *tree.Node, at *path) string {
	switch pairs, isPairs := assignments(n); {
	case o.Value != nil && isPairs:
		return "write a map: `" + pairs + "`"
	case o.Value != nil && n.Kind == tree.List && len(n.Items) > 0 && n.Items[0].Get("name") != nil:
		return fmt.Sprintf("write a map with the names as keys: `%s:`", n.Items[0].Get("name").Text)
	case o.Value != nil:
		return "write a map: `name: value`"
	case at.last() == "build" && n.Kind == tree.String:
		return "write `containerfile: " + strings.TrimPrefix(strings.TrimSuffix(n.Text, "/"), "./") + "/Containerfile" + "` instead, if that is its folder"
	case o.field("containerfile") != nil && n.Kind == tree.String:
		return fmt.Sprintf("write its keys: `{distribution: …, base: %s}`", strconv.Quote(n.Text))
	default:
		return "write a map: `" + o.example() + "`"
	}
}

// example is a map with the required keys.
func (o *Object) example() string {
	var required []string
	for _, f := range o.Fields {
		if f.Required {
			required = append(required, f.Name+": …")
		}
	}
	return "{" + strings.Join(required, ", ") + "}"
}

// assignments turns texts such as A=b into a map.
func assignments(n *tree.Node) (pairs string, ok bool) {
	texts := []string{n.Text}
	if n.Kind == tree.List {
		texts = nil
		for _, item := range n.Items {
			texts = append(texts, item.Text)
		}
	}
	for i, text := range texts {
		name, value, isPair := strings.Cut(text, "=")
		if !isPair {
			return "", false
		}
		texts[i] = name + ": " + strconv.Quote(value)
	}
	return "{" + strings.Join(texts, ", ") + "}", len(texts) > 0
}

func keys(n *tree.Node) []string {
	names := make([]string, len(n.Fields))
	for i, field := range n.Fields {
		names[i] = field.Name
	}
	return names
}

var plainWord = pattern.Lazy(`^[A-Za-z][A-Za-z0-9._/+-]*$`)

// flow is a list on one line, with quotes where a word needs them.
func flow(words []string) string {
	out := slices.Clone(words)
	for i, word := range out {
		if !plainWord().MatchString(word) {
			out[i] = strconv.Quote(word)
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}
