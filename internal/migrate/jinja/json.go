package jinja

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// filterJSON is tojson: JSON as Python writes it, with sorted keys, and with escapes for what HTML gives a meaning to.
func filterJSON(c *Call) (any, error) {
	value, indent := c.Value(0, "", nil), c.Value(1, "indent", nil)
	if err := c.Done(); err != nil {
		return nil, err
	}
	w := &jsonWriter{}
	if n, _, isInt, ok := number(indent); ok && isInt && n >= 0 && n <= 100 {
		w.indent = strings.Repeat(" ", n)
		w.lines = true
	} else if indent != nil {
		return nil, errors.New("the indent is a number of blanks up to 100")
	}
	if err := w.write(value, 0); err != nil {
		return nil, err
	}
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(w.out.String()), nil
}

type jsonWriter struct {
	out    strings.Builder
	indent string
	lines  bool
}

func (w *jsonWriter) write(value any, depth int) error {
	if depth > maxNestedValues {
		return errors.New("the values are nested too deep")
	}
	if w.out.Len() > maxPrinted {
		return &limitError{fmt.Sprintf("a value of more than %d bytes is printed", maxPrinted)}
	}
	switch v := value.(type) {
	case nil:
		w.out.WriteString("null")
	case bool:
		w.out.WriteString(strconv.FormatBool(v))
	case int:
		w.out.WriteString(strconv.Itoa(v))
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return fmt.Errorf("%s is no number in JSON", formatFloat(v))
		}
		w.out.WriteString(formatFloat(v))
	case string:
		w.text(v)
	case *List:
		return w.items(v.Items, depth)
	case Tuple:
		return w.items(v, depth)
	case *Dict:
		return w.dict(v, depth)
	case *Undefined:
		return v.err()
	default:
		return fmt.Errorf("%s is no value in JSON", kindOf(value))
	}
	return nil
}

// text writes a string in ASCII, as Python does.
func (w *jsonWriter) text(s string) {
	quoted, _ := json.Marshal(s) // a string always becomes JSON
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "\u007f", "\u007f").Replace(string(quoted))
	for _, r := range plain {
		switch {
		case r < 0x80:
			w.out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&w.out, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&w.out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
}

func (w *jsonWriter) line(depth int) {
	if w.lines {
		w.out.WriteString("\n" + strings.Repeat(w.indent, depth))
	}
}

// separate writes the separator between two items.
func (w *jsonWriter) separate() {
	if w.out.WriteByte(','); !w.lines {
		w.out.WriteByte(' ')
	}
}

func (w *jsonWriter) items(all []any, depth int) error {
	if len(all) == 0 {
		w.out.WriteString("[]")
		return nil
	}
	w.out.WriteByte('[')
	for i, item := range all {
		if i > 0 {
			w.separate()
		}
		w.line(depth + 1)
		if err := w.write(item, depth+1); err != nil {
			return err
		}
	}
	w.line(depth)
	w.out.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *Dict, depth int) error {
	if d.Len() == 0 {
		w.out.WriteString("{}")
		return nil
	}
	keys := make([]string, 0, d.Len())
	for _, key := range d.keys {
		s, ok := key.(string)
		if !ok {
			return fmt.Errorf("only texts are supported as keys in JSON, and this is %s", kindOf(key))
		}
		keys = append(keys, s)
	}
	slices.Sort(keys)
	w.out.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			w.separate()
		}
		w.line(depth + 1)
		w.text(key)
		w.out.WriteString(": ")
		value, _ := d.Get(key)
		if err := w.write(value, depth+1); err != nil {
			return err
		}
	}
	w.line(depth)
	w.out.WriteByte('}')
	return nil
}
