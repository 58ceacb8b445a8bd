package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote returns the text of a string, with Python's escapes. One that means nothing stays as it is written.
func unquote(t token) (string, error) {
	s := t.text[1 : len(t.text)-1]
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out.WriteByte(s[i])
			i++
			continue
		}
		n, err := escape(&out, s[i:], t.at+1+i)
		if err != nil {
			return "", err
		}
		i += n
	}
	return out.String(), nil
}

// simpleEscapes are those of one letter.
var simpleEscapes = map[byte]string{
	'\\': `\`, '\'': "'", '"': `"`, '\n': "", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape writes what the escape at the beginning of s means, and returns its length.
func escape(out *strings.Builder, s string, at int) (int, error) {
	c := s[1]
	if simple, ok := simpleEscapes[c]; ok {
		out.WriteString(simple)
		return 2, nil
	}
	switch {
	case c >= '0' && c <= '7':
		n := 2
		for n < 4 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		code, _ := strconv.ParseInt(s[1:n], 8, 32) // three digits fit
		out.WriteRune(rune(code))
		return n, nil
	case c == 'x' || c == 'u' || c == 'U':
		n := map[byte]int{'x': 4, 'u': 6, 'U': 10}[c]
		if len(s) < n {
			return 0, fail(at, `the escape \%c needs %d hexadecimal digits`, c, n-2)
		}
		code, err := strconv.ParseInt(s[2:n], 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return 0, fail(at, "%q is no character", s[:n])
		}
		out.WriteRune(rune(code))
		return n, nil
	case c == 'N':
		return 0, fail(at, `escapes by name, \N{…}, are not supported; write the character itself`)
	}
	out.WriteByte('\\')
	return 1, nil
}

func parseInteger(t token) (int, error) {
	digits := strings.ReplaceAll(t.text, "_", "")
	base := 10
	if len(digits) > 1 && digits[0] == '0' {
		base = 0
	}
	if strings.Trim(digits, "0") == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, fail(t.at, "the number %s is too large", t.text)
	}
	return int(n), nil
}

func parseFloat(t token) (float64, error) {
	n, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
	if err != nil {
		return 0, fail(t.at, "the number %s is too large", t.text)
	}
	return n, nil
}
