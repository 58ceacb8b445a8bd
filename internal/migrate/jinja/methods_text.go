package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type textMethod = func(s string, c *Call) (any, error)

// textMethods returns a method that texts have in Python, or nil.
func textMethods(name string) textMethod {
	switch name {
	case "upper":
		return plain(strings.ToUpper)
	case "lower", "casefold":
		return plain(strings.ToLower)
	case "capitalize":
		return plain(capitalize)
	case "title":
		return plain(titleWords)
	case "swapcase":
		return plain(swapCase)
	case "strip", "lstrip", "rstrip":
		return func(s string, c *Call) (any, error) { return strip(s, c, name) }
	case "startswith", "endswith":
		return func(s string, c *Call) (any, error) { return affix(s, c, name) }
	case "removeprefix":
		return func(s string, c *Call) (any, error) { return strings.TrimPrefix(s, c.Text(0, "", "")), c.Done() }
	case "removesuffix":
		return func(s string, c *Call) (any, error) { return strings.TrimSuffix(s, c.Text(0, "", "")), c.Done() }
	case "replace":
		return func(s string, c *Call) (any, error) {
			return filterReplace(&Call{Args: append([]any{s}, c.Args...), Named: c.Named, frame: c.frame})
		}
	case "split", "rsplit":
		return func(s string, c *Call) (any, error) { return split(s, c, name == "rsplit") }
	case "splitlines":
		return splitLines
	case "partition", "rpartition":
		return func(s string, c *Call) (any, error) { return partition(s, c, name == "rpartition") }
	case "join":
		return func(s string, c *Call) (any, error) {
			return filterJoin(&Call{Args: []any{c.Value(0, "", nil), s}, frame: c.frame})
		}
	case "count", "find", "rfind", "index", "rindex":
		return func(s string, c *Call) (any, error) { return find(s, c, name) }
	case "center", "ljust", "rjust", "zfill":
		return func(s string, c *Call) (any, error) { return justify(s, c, name) }
	case "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "isdecimal", "isnumeric":
		return func(s string, c *Call) (any, error) { return consists(s, name), c.Done() }
	case "format":
		return func(s string, c *Call) (any, error) { return c.frame.run.format(s, c) }
	}
	return nil
}

func plain(f func(string) string) textMethod {
	return func(s string, c *Call) (any, error) { return f(s), c.Done() }
}

// titleWords begins each run of letters with a capital.
func titleWords(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		was := inWord
		if inWord = unicode.IsLetter(r); inWord && !was {
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, s)
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func strip(s string, c *Call, name string) (any, error) {
	matches := isSpace
	if chars := c.Value(0, "", nil); chars != nil {
		set := c.Text(0, "", "")
		matches = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if name != "rstrip" {
		s = strings.TrimLeftFunc(s, matches)
	}
	if name != "lstrip" {
		s = strings.TrimRightFunc(s, matches)
	}
	return s, c.Done()
}

// affix is whether a text begins or ends with another, or with one of several.
func affix(s string, c *Call, name string) (any, error) {
	has := strings.HasPrefix
	if name == "endswith" {
		has = strings.HasSuffix
	}
	if several, ok := c.Value(0, "", nil).(Tuple); ok {
		for _, one := range several {
			if one, ok := one.(string); ok && has(s, one) {
				return true, c.Done()
			}
		}
		return false, c.Done()
	}
	return has(s, c.Text(0, "", "")), c.Done()
}

func split(s string, c *Call, fromRight bool) (any, error) {
	separator, limit := c.Value(0, "sep", nil), c.Int(1, "maxsplit", -1)
	if separator != nil {
		if _, ok := separator.(string); !ok {
			c.failf("a text is split at a text, and this is %s", kindOf(separator))
		} else if separator == "" {
			c.failf("a text is split at something, not at nothing")
		}
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	var parts []string
	switch sep, _ := separator.(string); {
	case separator == nil:
		parts = fields(s, limit, fromRight)
	case fromRight && limit >= 0:
		parts = splitRight(s, sep, limit)
	case limit >= 0:
		parts = strings.SplitN(s, sep, limit+1)
	default:
		parts = strings.Split(s, sep)
	}
	return Of(parts), c.charge(len(parts))
}

func splitRight(s, sep string, limit int) []string {
	var tail []string
	for ; limit > 0; limit-- {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		tail = append([]string{s[i+len(sep):]}, tail...)
		s = s[:i]
	}
	return append([]string{s}, tail...)
}

// fields splits a text at white space, a number of times at most where limit is not negative.
func fields(s string, limit int, fromRight bool) []string {
	all := strings.FieldsFunc(s, isSpace)
	if limit < 0 || len(all) <= limit+1 {
		return all
	}
	if fromRight {
		rest := strings.TrimRightFunc(s, isSpace)
		for i := len(all) - 1; i >= len(all)-limit; i-- {
			rest = strings.TrimRightFunc(strings.TrimSuffix(rest, all[i]), isSpace)
		}
		return append([]string{rest}, all[len(all)-limit:]...)
	}
	rest := strings.TrimLeftFunc(s, isSpace)
	for i := range limit {
		rest = strings.TrimLeftFunc(strings.TrimPrefix(rest, all[i]), isSpace)
	}
	return append(all[:limit:limit], rest)
}

func splitLines(s string, c *Call) (any, error) {
	keep := c.Bool(0, "keepends", false)
	l := &List{}
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)) {
		if !keep {
			line = strings.TrimSuffix(line, "\n")
		}
		l.Items = append(l.Items, line)
	}
	if keep && strings.Contains(s, "\r") {
		return nil, errors.New("keepends is not supported for other line ends than \\n")
	}
	return l, errors.Join(c.Done(), c.charge(len(l.Items)))
}

func partition(s string, c *Call, fromRight bool) (any, error) {
	separator := c.Text(0, "", "")
	if err := c.Done(); err != nil || separator == "" {
		return nil, errors.Join(err, errors.New("a text is parted at something, not at nothing"))
	}
	if fromRight {
		if i := strings.LastIndex(s, separator); i >= 0 {
			return Tuple{s[:i], separator, s[i+len(separator):]}, nil
		}
		return Tuple{"", "", s}, nil
	}
	before, behind, found := strings.Cut(s, separator)
	if !found {
		separator = ""
	}
	return Tuple{before, separator, behind}, nil
}

func find(s string, c *Call, name string) (any, error) {
	part := c.Text(0, "", "")
	if err := c.Done(); err != nil {
		return nil, err
	}
	if name == "count" {
		return strings.Count(s, part), nil
	}
	i := strings.Index(s, part)
	if strings.HasPrefix(name, "r") {
		i = strings.LastIndex(s, part)
	}
	if i < 0 {
		if strings.HasSuffix(name, "index") {
			return nil, fmt.Errorf("%q is not in the text", part)
		}
		return -1, nil
	}
	return utf8.RuneCountInString(s[:i]), nil
}

func justify(s string, c *Call, name string) (any, error) {
	width := c.Int(0, "", 0)
	if name == "zfill" {
		return zeros(s, c, width)
	}
	fill := c.Text(1, "", " ")
	if utf8.RuneCountInString(fill) != 1 {
		c.failf("a text is filled up with one character")
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	r, _ := utf8.DecodeRuneInString(fill)
	return pad(c, s, width, r, map[string]int{"ljust": -1, "center": 0, "rjust": 1}[name])
}

func zeros(s string, c *Call, width int) (any, error) {
	if err := c.Done(); err != nil {
		return nil, err
	}
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = s[:1], s[1:]
	}
	padded, err := pad(c, s, width-len(sign), '0', 1)
	if err != nil {
		return nil, err
	}
	return sign + padded.(string), nil // pad returns nothing else
}

// consists is whether a text is not empty and all of its characters are of a kind.
func consists(s, name string) bool {
	switch name {
	case "isupper", "islower":
		return hasCase(s, s, name == "isupper")
	case "isspace":
		return s != "" && strings.TrimFunc(s, isSpace) == ""
	}
	is := map[string]func(rune) bool{
		"isdigit": unicode.IsDigit, "isdecimal": unicode.IsDigit, "isnumeric": unicode.IsNumber, "isalpha": unicode.IsLetter,
		"isalnum": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) },
	}[name]
	return s != "" && strings.TrimFunc(s, is) == ""
}
