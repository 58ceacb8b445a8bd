package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// maxNestedValues bounds how deep printed or compared values may be nested: a list may contain itself.
const maxNestedValues = 100

// str is a value as a template prints it.
func str(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case *Undefined:
		if !v.lenient {
			return "", v.err()
		}
		return "", nil
	}
	printed := repr(value)
	if len(printed) > maxPrinted {
		return "", &limitError{fmt.Sprintf("a value of more than %d bytes is printed", maxPrinted)}
	}
	return printed, nil
}

// maxPrinted bounds what a list or a mapping is when it is printed: one may hold another any number of times.
const maxPrinted = 16 << 20

// repr returns a value as a printed list shows it, at most maxPrinted bytes.
func repr(value any) string {
	var out strings.Builder
	writeRepr(&out, value, maxNestedValues)
	return out.String()
}

func writeRepr(out *strings.Builder, value any, depth int) {
	if depth == 0 {
		out.WriteString("...")
		return
	}
	switch v := value.(type) {
	case nil:
		out.WriteString("None")
	case bool:
		out.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int:
		out.WriteString(strconv.Itoa(v))
	case float64:
		out.WriteString(formatFloat(v))
	case string:
		writeQuoted(out, v)
	case *List:
		writeItems(out, "[", v.Items, "]", depth)
	case Tuple:
		if len(v) == 1 {
			writeItems(out, "(", v, ",)", depth)
			return
		}
		writeItems(out, "(", v, ")", depth)
	case *Dict:
		writeDict(out, v, depth)
	case *Undefined:
		out.WriteString("Undefined")
	case *module:
		out.WriteString(v.text)
	default:
		fmt.Fprintf(out, "<%s>", kindOf(value))
	}
}

func writeItems(out *strings.Builder, before string, items []any, behind string, depth int) {
	out.WriteString(before)
	for i, item := range items {
		if out.Len() > maxPrinted {
			return
		}
		if i > 0 {
			out.WriteString(", ")
		}
		writeRepr(out, item, depth-1)
	}
	out.WriteString(behind)
}

func writeDict(out *strings.Builder, d *Dict, depth int) {
	out.WriteByte('{')
	for i, key := range d.keys {
		if out.Len() > maxPrinted {
			return
		}
		if i > 0 {
			out.WriteString(", ")
		}
		value, _ := d.Get(key)
		writeRepr(out, key, depth-1)
		out.WriteString(": ")
		writeRepr(out, value, depth-1)
	}
	out.WriteByte('}')
}

// writeQuoted writes a string with Python's quotes.
func writeQuoted(out *strings.Builder, s string) {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	out.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(out, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			fmt.Fprintf(out, `\U%08x`, r)
		}
	}
	out.WriteByte(quote)
}

// Print returns a value as a template prints it; one that is undefined is empty.
func Print(value any) string {
	if _, ok := value.(*Undefined); ok {
		return ""
	}
	s, _ := str(Of(value)) // only what is undefined cannot be printed
	return s
}
