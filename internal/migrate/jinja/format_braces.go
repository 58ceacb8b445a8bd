package jinja

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// field is one place of Python's str.format: what, how it is converted, and how it is laid out.
var field = regexp.MustCompile(`^([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}`)

// format is Python's str.format.
func (r *run) format(s string, c *Call) (any, error) {
	var out strings.Builder
	next := 0
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "{{") || strings.HasPrefix(s[i:], "}}"):
			out.WriteByte(s[i])
			i += 2
		case s[i] == '}':
			return nil, errors.New(`the format has a single "}"`)
		case s[i] == '{':
			m := field.FindStringSubmatch(s[i+1:])
			if m == nil {
				return nil, fmt.Errorf("%q holds a place that is not supported", s)
			}
			printed, err := c.printPlace(m[1], m[2], m[3], &next)
			if err == nil {
				err = r.fits(out.Len() + len(printed))
			}
			if err != nil {
				return nil, err
			}
			out.WriteString(printed)
			i += 1 + len(m[0])
		default:
			out.WriteByte(s[i])
			i++
		}
	}
	return out.String(), nil
}

// printPlace prints the value of one place.
func (c *Call) printPlace(name, conversion, layout string, next *int) (string, error) {
	parts := strings.Split(name, ".")
	value, err := c.placeValue(parts[0], next)
	if err != nil {
		return "", err
	}
	for _, part := range parts[1:] {
		if value, err = c.frame.attribute(value, part); err != nil {
			return "", err
		}
	}
	if u, ok := value.(*Undefined); ok && !u.lenient {
		return "", u.err()
	}
	if conversion == "r" {
		value = repr(value)
	}
	return layOut(c, value, layout)
}

func (c *Call) placeValue(name string, next *int) (any, error) {
	i, err := strconv.Atoi(name)
	if name == "" {
		i, err = *next, nil
		*next++
	}
	if err == nil {
		if i < 0 || i >= len(c.Args) {
			return nil, fmt.Errorf("the format has no value %d", i)
		}
		return c.Args[i], nil
	}
	for _, n := range c.Named {
		if n.Name == name {
			return n.Value, nil
		}
	}
	return nil, fmt.Errorf("the format needs a value called %q", name)
}

// layout is how a value is laid out: fill and alignment, sign, zeros, width, precision and letter.
var layoutWord = regexp.MustCompile(`^(?:(.)?([<>^]))?([-+ ]?)(0?)(\d{0,6})(?:\.(\d{1,6}))?([sdxXofeg]?)$`)

func layOut(c *Call, value any, layout string) (string, error) {
	if layout == "" {
		return str(value)
	}
	m := layoutWord.FindStringSubmatch(layout)
	if m == nil {
		return "", fmt.Errorf("the format %q is not supported", layout)
	}
	_, _, isInt, isNumber := number(value)
	letter := m[7]
	if letter == "" {
		letter = "s"
		if isNumber && isInt {
			letter = "d"
		}
	}
	if isNumber && letter == "s" && m[6] != "" {
		return "", fmt.Errorf("the format %q is not supported for %s", layout, kindOf(value))
	}
	width := atoi(m[5], 0)
	own := spec{flags: strings.Trim(m[3], "-") + m[4], precision: atoi(m[6], -1)}
	if m[4] != "" {
		own.width = width
	}
	printed, err := convert(value, letter, own)
	if err != nil {
		return "", err
	}
	fill, align := ' ', m[2]
	for _, r := range m[1] {
		fill = r
	}
	if align == "" && isNumber {
		align = ">"
	}
	padded, err := pad(c, printed, width, fill, map[string]int{"<": -1, "": -1, "^": 0, ">": 1}[align])
	if err != nil {
		return "", err
	}
	return padded.(string), nil // pad returns nothing else
}
