package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textFilter returns a filter about text, or nil.
func textFilter(name string) Function {
	switch name {
	case "default", "d":
		return filterDefault
	case "upper":
		return onText(strings.ToUpper)
	case "lower":
		return onText(strings.ToLower)
	case "capitalize":
		return onText(capitalize)
	case "title":
		return onText(filterTitle)
	case "string", "safe":
		return onText(func(s string) string { return s })
	case "escape", "e", "forceescape":
		return onText(strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;").Replace)
	case "trim":
		return filterTrim
	case "replace":
		return filterReplace
	case "center":
		return filterCenter
	case "indent":
		return filterIndent
	case "truncate":
		return filterTruncate
	case "format":
		return filterFormat
	case "wordcount":
		return filterWordcount
	case "urlencode":
		return filterURLEncode
	case "tojson":
		return filterJSON
	}
	return nil
}

// onText makes a filter of a function from text to text.
func onText(f func(string) string) Function {
	return func(c *Call) (any, error) {
		s := c.Printed(0, "", "")
		return f(s), c.Done()
	}
}

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(r)) + strings.ToLower(s[n:])
}

// filterTitle begins each word with a capital; words end at blanks, hyphens and opening brackets.
func filterTitle(s string) string {
	var out strings.Builder
	start := true
	for _, r := range s {
		if start {
			out.WriteRune(unicode.ToUpper(r))
		} else {
			out.WriteRune(unicode.ToLower(r))
		}
		start = isSpace(r) || strings.ContainsRune("-({[<", r)
	}
	return out.String()
}

func filterTrim(c *Call) (any, error) {
	s, chars := c.Printed(0, "", ""), c.Value(1, "chars", nil)
	if err := c.Done(); err != nil {
		return nil, err
	}
	if chars, ok := chars.(string); ok {
		return strings.Trim(s, chars), nil
	}
	return strings.TrimFunc(s, isSpace), nil
}

func filterReplace(c *Call) (any, error) {
	s, old, fresh, count := c.Printed(0, "", ""), c.needed(1, "old"), c.needed(2, "new"), -1
	if value := c.Value(3, "count", nil); value != nil {
		count = c.Int(3, "count", -1)
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	return c.frame.run.replace(s, old, fresh, count)
}

// replace replaces parts of a text whose size is bounded.
func (r *run) replace(s, old, fresh string, count int) (string, error) {
	n := strings.Count(s, old)
	if count >= 0 {
		n = min(n, count)
	}
	if len(fresh) > 0 && n > r.limits.Bytes/len(fresh) {
		return "", r.room(-1)
	}
	if err := r.room(len(s) + n*(len(fresh)-len(old))); err != nil {
		return "", err
	}
	return strings.Replace(s, old, fresh, count), nil
}

func filterCenter(c *Call) (any, error) {
	s, width := c.Printed(0, "", ""), c.Int(1, "width", 80)
	if err := c.Done(); err != nil {
		return nil, err
	}
	return pad(c, s, width, ' ', 0)
}

// pad fills a text up to a width, behind it (-1), on both sides (0) or before it (1).
func pad(c *Call, s string, width int, fill rune, side int) (any, error) {
	n := width - utf8.RuneCountInString(s)
	if n <= 0 {
		return s, nil
	}
	if err := c.room(width); err != nil {
		return nil, err
	}
	left := 0
	switch side {
	case 0:
		left = n/2 + n&width&1
	case 1:
		left = n
	}
	return strings.Repeat(string(fill), left) + s + strings.Repeat(string(fill), n-left), nil
}

func filterIndent(c *Call) (any, error) {
	s, width := c.Text(0, "", ""), c.Value(1, "width", 4)
	first, blank := c.Bool(2, "first", false), c.Bool(3, "blank", false)
	if err := c.Done(); err != nil {
		return nil, err
	}
	indent, isText := width.(string)
	if !isText {
		n, _, isInt, ok := number(width)
		if !ok || !isInt {
			return nil, fmt.Errorf("the width is a number or a text, and this is %s", kindOf(width))
		}
		if err := c.room(n); n > 0 && err != nil {
			return nil, err
		}
		indent = strings.Repeat(" ", max(n, 0))
	}
	lines := strings.Split(s, "\n")
	if len(lines) > 0 && len(indent) > 0 && len(lines) > c.frame.run.limits.Bytes/len(indent) {
		return nil, c.room(-1)
	}
	for i, line := range lines {
		if i == 0 && !first || i > 0 && !blank && line == "" {
			continue
		}
		lines[i] = indent + line
	}
	return strings.Join(lines, "\n"), nil
}

func filterTruncate(c *Call) (any, error) {
	s, length, killWords, end := c.Text(0, "", ""), c.Int(1, "length", 255), c.Bool(2, "killwords", false), c.Text(3, "end", "...")
	leeway := 5
	if c.Value(4, "leeway", nil) != nil {
		leeway = c.Int(4, "leeway", 5)
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	runes, n := []rune(s), utf8.RuneCountInString(end)
	switch {
	case length < n || leeway < 0:
		return nil, errors.New("the length is less than that of the end")
	case len(runes) <= length+leeway:
		return s, nil
	}
	cut := string(runes[:length-n])
	if i := strings.LastIndexByte(cut, ' '); !killWords && i >= 0 {
		cut = cut[:i]
	}
	return cut + end, nil
}

func filterFormat(c *Call) (any, error) {
	s := c.Printed(0, "", "")
	var values any = Tuple(c.Args[1:])
	c.used = len(c.Args)
	if len(c.Named) > 0 {
		if len(c.Args) > 1 {
			return nil, errors.New("it takes values by position or by name, not both")
		}
		d := &Dict{}
		for _, n := range c.Named {
			_ = d.Set(n.Name, n.Value) // a name is always a key
		}
		values, c.Named = d, nil
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	return c.frame.run.percent(s, values)
}

func filterWordcount(c *Call) (any, error) {
	words := strings.FieldsFunc(c.Printed(0, "", ""), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return len(words), c.Done()
}

func filterURLEncode(c *Call) (any, error) {
	value := c.Value(0, "", nil)
	if _, ok := value.(string); !ok {
		return nil, fmt.Errorf("only a text is supported, and this is %s", kindOf(value))
	}
	s := c.Text(0, "", "")
	var out strings.Builder
	for i := range len(s) {
		b := s[i]
		if b < 0x80 && (unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b))) || strings.IndexByte("_.-~/", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String(), c.Done()
}
