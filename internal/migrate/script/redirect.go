package script

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// redirect notes where the input of a command comes from, and where its output goes.
func (w *walker) redirect(s *state, c *Command, list []*syntax.Redirect) {
	for _, r := range list {
		switch r.Op {
		case syntax.RdrIn:
			c.Input = strings.Join(w.fields(s, []*syntax.Word{r.Word}), " ")
		case syntax.Hdoc, syntax.DashHdoc:
			c.Stdin = w.document(s, r)
		case syntax.WordHdoc:
			value := w.text(s, r.Word.Parts, true)
			c.Stdin = Text{value + "\n", !IsOpen(value)}
		case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll, syntax.AppOut, syntax.AppAll:
			if r.N != nil && r.N.Value != "1" {
				continue
			}
			c.Output = w.text(s, r.Word.Parts, true)
			c.IsAdded = r.Op == syntax.AppOut || r.Op == syntax.AppAll
		}
	}
}

// indented matches the tabs that <<- removes.
var indented = regexp.MustCompile(`(?m)^\t+`)

// document is the text of a here-document. Behind a quoted word it is literal.
func (w *walker) document(s *state, r *syntax.Redirect) Text {
	if r.Hdoc == nil {
		return Text{IsWhole: true}
	}
	isLiteral := strings.ContainsAny(written(r.Word), `'"\`)
	var out strings.Builder
	isWhole := true
	for _, part := range r.Hdoc.Parts {
		lit, isText := part.(*syntax.Lit)
		if isText && isLiteral {
			out.WriteString(lit.Value)
			continue
		}
		text := w.text(s, []syntax.WordPart{part}, true)
		out.WriteString(text)
		isWhole = isWhole && (isText || !IsOpen(text))
	}
	text := out.String()
	if r.Op == syntax.DashHdoc {
		text = indented.ReplaceAllString(text, "")
	}
	return Text{text, isWhole}
}

// prints is what a command prints, where the script contains it.
func prints(c Command) Text {
	args := c.Args[1:]
	open := IsOpen(strings.Join(args, " "))
	switch {
	case c.Output == "" || c.Args[0] != "cat" && open:
	case c.Args[0] == "cat" && len(args) == 0:
		return c.Stdin
	case c.Args[0] == "echo" && (len(args) == 0 || !strings.HasPrefix(args[0], "-")):
		return Text{strings.Join(args, " ") + "\n", true}
	case c.Args[0] == "printf" && len(args) > 0:
		text, _, err := expand.Format(nil, args[0], args[1:])
		return Text{text, err == nil}
	}
	return Text{}
}
