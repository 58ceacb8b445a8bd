package jinja

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// conversion is one conversion of Python's % operator: key, flags, width, precision and letter.
var conversion = regexp.MustCompile(`%(?:\(([^)]*)\))?([-+ #0]*)(\d{0,6})(?:\.(\d{0,6}))?([a-zA-Z%])`)

// percent is Python's format % values.
func (r *run) percent(format string, values any) (string, error) {
	list, isTuple := values.(Tuple)
	if !isTuple {
		list = Tuple{values}
	}
	var out strings.Builder
	next, last := 0, 0
	for _, m := range conversion.FindAllStringSubmatchIndex(format, -1) {
		if strings.Contains(format[last:m[0]], "%") {
			return "", fmt.Errorf("%q holds a conversion that has no meaning", format)
		}
		out.WriteString(format[last:m[0]])
		last = m[1]
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return format[m[2*i]:m[2*i+1]]
		}
		if part(5) == "%" {
			out.WriteByte('%')
			continue
		}
		value, err := percentValue(values, list, m[2] >= 0, part(1), &next)
		if err != nil {
			return "", err
		}
		s, err := convert(value, part(5), spec{flags: part(2), width: atoi(part(3), 0), precision: atoi(part(4), -1), dot: m[8] >= 0})
		if err == nil {
			err = r.fits(out.Len() + len(s))
		}
		if err != nil {
			return "", err
		}
		out.WriteString(s)
	}
	if strings.Contains(format[last:], "%") {
		return "", fmt.Errorf("%q holds a conversion that has no meaning", format)
	}
	out.WriteString(format[last:])
	if _, isDict := values.(*Dict); next < len(list) && !(isDict && next == 0) {
		return "", errors.New("more values are given than the format has places")
	}
	return out.String(), nil
}

// percentValue returns the value of a conversion: that of its key, or the next one.
func percentValue(values any, list Tuple, byKey bool, key string, next *int) (any, error) {
	if byKey {
		d, ok := values.(*Dict)
		if !ok {
			return nil, errors.New("the format names its values, and needs a mapping")
		}
		value, ok := d.Get(key)
		if !ok {
			return nil, fmt.Errorf("the format needs a value called %q", key)
		}
		return value, nil
	}
	if *next >= len(list) {
		return nil, errors.New("the format has more places than values are given")
	}
	*next++
	return list[*next-1], nil
}

type spec struct {
	flags            string
	width, precision int
	// dot says that a precision is written; without digits it is zero.
	dot bool
}

func atoi(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}

// convert prints a value for one conversion.
func convert(value any, letter string, s spec) (string, error) {
	if s.dot && s.precision < 0 {
		s.precision = 0
	}
	goFormat := "%" + s.flags
	if s.width > 0 {
		goFormat += strconv.Itoa(s.width)
	}
	if s.precision >= 0 {
		goFormat += "." + strconv.Itoa(s.precision)
	}
	switch letter {
	case "s", "r":
		printed := repr(value)
		if letter == "s" {
			var err error
			if printed, err = str(value); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf(strings.ReplaceAll(goFormat, "0", zeroFlag(s.flags))+"s", printed), nil
	case "d", "i", "u", "x", "X", "o":
		n, x, isInt, ok := number(value)
		if !ok || !isInt && letter != "d" && letter != "i" && letter != "u" {
			return "", fmt.Errorf("%%%s needs a number, and this is %s", letter, kindOf(value))
		}
		if !isInt {
			n = int(x)
		}
		return fmt.Sprintf(goFormat+map[string]string{"i": "d", "u": "d"}[letter]+strings.Trim(letter, "iu"), n), nil
	case "f", "F", "e", "E", "g", "G":
		_, x, _, ok := number(value)
		if !ok {
			return "", fmt.Errorf("%%%s needs a number, and this is %s", letter, kindOf(value))
		}
		if s.precision < 0 {
			goFormat += ".6"
		}
		return fmt.Sprintf(goFormat+letter, x), nil
	case "c":
		if text, ok := value.(string); ok && len([]rune(text)) == 1 {
			return fmt.Sprintf(goFormat+"s", text), nil
		}
	}
	return "", fmt.Errorf("the conversion %%%s is not supported for %s", letter, kindOf(value))
}

// zeroFlag keeps zeros of a width, but not the flag: Python fills texts up with blanks.
func zeroFlag(flags string) string {
	if strings.Contains(flags, "0") {
		return ""
	}
	return "0"
}
