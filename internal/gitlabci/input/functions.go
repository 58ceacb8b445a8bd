package input

import (
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

var (
	truncate = pattern.Lazy(`^truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)?$`)
	// unsafe matches what Ruby's Shellwords.shellescape puts a backslash in front of.
	unsafe = pattern.Lazy(`[^A-Za-z0-9_\-.,:+/@\n]`)
)

// apply is what a function makes of a value.
func (c Context) apply(function string, v *ciyaml.Value) (*ciyaml.Value, error) {
	arguments := truncate().FindStringSubmatch(function)
	if function != "expand_vars" && function != "posix_escape" && arguments == nil {
		return nil, fmt.Errorf("no function matching `%s`: check that the function name, arguments, and types are correct", function)
	}
	name, _, _ := strings.Cut(function, "(")
	if !v.Is(ciyaml.String) {
		return nil, fmt.Errorf("error in `%s` function: invalid input type: %s can only be used with string inputs", name, name)
	}
	out := &ciyaml.Value{Kind: ciyaml.Text, At: v.At}
	switch name {
	case "expand_vars":
		out.Text = variable.ExpandExisting(v.Text, c.Variables)
	case "posix_escape":
		out.Text = escape(v.Text)
	default:
		out.Text = cut(v.Text, arguments[1], arguments[2])
	}
	return out, nil
}

// escape quotes text for a POSIX shell as Ruby does.
func escape(text string) string {
	if text == "" {
		return "''"
	}
	return strings.ReplaceAll(unsafe().ReplaceAllString(text, `\$0`), "\n", "'\n'")
}

// cut is a part of a text, counted in characters.
func cut(text, offset, length string) string {
	characters := []rune(text)
	start, err := strconv.Atoi(offset)
	if err != nil || start > len(characters) {
		return ""
	}
	n, err := strconv.Atoi(length)
	if err != nil {
		n = len(characters)
	}
	return string(characters[start:min(len(characters), start+min(n, len(characters)))])
}
