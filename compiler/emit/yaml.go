package emit

import (
	"bytes"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Print returns a map as YAML, in block style except where a node says Flow. It is our own printer, so that a library's
// update never rewrites the files that projects have committed.
func Print(n *tree.Node) []byte { return appendMap(nil, n, 0) }

func appendMap(b []byte, n *tree.Node, indent int) []byte {
	for i := range n.Fields {
		field := &n.Fields[i]
		b = appendComment(b, field.Comment, indent)
		b = appendIndent(b, indent)
		b = appendField(b, field, indent)
	}
	return b
}

// appendField prints one entry behind its indentation.
func appendField(b []byte, field *tree.Field, indent int) []byte {
	b = appendScalar(b, field.Name, false)
	b = append(b, ':')
	return appendValue(b, field.Value, indent)
}

// appendValue prints the value of an entry that is indented so far.
func appendValue(b []byte, n *tree.Node, indent int) []byte {
	switch {
	case n.Kind == tree.Map && len(n.Fields) == 0, n.Kind == tree.List && len(n.Items) == 0, n.Kind >= tree.List && n.Flow:
		b = append(b, ' ')
		return append(appendFlow(b, n, indent+2), '\n')
	case n.Kind == tree.Map:
		return appendMap(append(b, '\n'), n, indent+2)
	case n.Kind == tree.List:
		return appendList(append(b, '\n'), n, indent+2)
	case isBlock(n):
		return appendBlock(append(b, ' '), n.Text, indent+2)
	default:
		b = append(b, ' ')
		return append(appendLeaf(b, n, false), '\n')
	}
}

func appendList(b []byte, n *tree.Node, indent int) []byte {
	for _, item := range n.Items {
		b = append(appendIndent(b, indent), '-')
		if item.Kind != tree.Map || item.Flow || len(item.Fields) == 0 {
			b = appendValue(b, item, indent)
			continue
		}
		for i := range item.Fields {
			if i == 0 {
				b = append(b, ' ')
			} else {
				b = appendIndent(b, indent+2)
			}
			b = appendField(b, &item.Fields[i], indent+2)
		}
	}
	return b
}

// maxLine is how many bytes of a flow list are on one line, if its entries are not longer themselves.
const maxLine = 120

// appendFlow prints a map or a list in brackets. A list that does not fit on the line goes on in further lines with an indentation.
func appendFlow(b []byte, n *tree.Node, indent int) []byte {
	switch n.Kind {
	case tree.Map:
		b = append(b, '{')
		for i := range n.Fields {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendScalar(b, n.Fields[i].Name, true), ": "...)
			b = appendFlow(b, n.Fields[i].Value, indent)
		}
		return append(b, '}')
	case tree.List:
		b = append(b, '[')
		for i, item := range n.Items {
			entry := appendFlow(nil, item, indent)
			switch {
			case i == 0:
			case len(b)-bytes.LastIndexByte(b, '\n')+len(", ")+len(entry) > maxLine:
				b = appendIndent(append(b, ",\n"...), indent)
			default:
				b = append(b, ", "...)
			}
			b = append(b, entry...)
		}
		return append(b, ']')
	default:
		return appendLeaf(b, n, true)
	}
}

func appendLeaf(b []byte, n *tree.Node, inFlow bool) []byte {
	if n.Kind == tree.String {
		return appendScalar(b, n.Text, inFlow)
	}
	return append(b, n.Text...)
}

func appendComment(b []byte, comment string, indent int) []byte {
	if comment == "" {
		return b
	}
	if len(b) > 0 && indent == 0 {
		b = append(b, '\n')
	}
	for line := range strings.Lines(comment) {
		b = append(appendIndent(b, indent), '#')
		if line = strings.TrimRight(line, "\n"); line != "" {
			b = append(b, ' ')
		}
		for _, r := range line {
			b = appendVisible(b, r) // what follows a character that some reader takes for the end of the line would be no comment
		}
		b = append(b, '\n')
	}
	return b
}

func appendIndent(b []byte, indent int) []byte {
	const spaces = "                                "
	for indent > len(spaces) {
		b, indent = append(b, spaces...), indent-len(spaces)
	}
	return append(b, spaces[:indent]...)
}

// isBlock reports whether text of several lines can be a literal block.
func isBlock(n *tree.Node) bool {
	if n.Kind != tree.String || !strings.Contains(n.Text, "\n") || strings.Trim(n.Text, "\n") == "" {
		return false
	}
	for line := range strings.Lines(n.Text) {
		if strings.HasPrefix(line, "\t") {
			return false
		}
	}
	return !strings.ContainsFunc(n.Text, func(r rune) bool { return r != '\n' && r != '\t' && !isPrintable(r) })
}

// appendBlock prints a literal block and its header: where its first line begins with a space the indentation is written
// out, and how the text ends is its last character.
func appendBlock(b []byte, text string, indent int) []byte {
	b = append(b, '|')
	if first := strings.TrimLeft(text, "\n"); strings.HasPrefix(first, " ") {
		b = append(b, '2')
	}
	switch {
	case !strings.HasSuffix(text, "\n"):
		b = append(b, '-')
	case strings.HasSuffix(text, "\n\n"):
		b = append(b, '+')
	}
	b = append(b, '\n')
	for line := range strings.Lines(text) {
		if line != "\n" {
			b = appendIndent(b, indent)
		}
		b = append(b, line...)
	}
	if !strings.HasSuffix(text, "\n") {
		b = append(b, '\n')
	}
	return b
}
