package imagetool

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// options are those of a command line, in their order, and what is none.
type options struct {
	list     []Pair
	operands []string
}

// parse reads options anywhere. Valued are those whose value is the next argument.
func parse(args, valued []string) options { return read(args, valued, false) }

// parseUntilOperand reads options before the first operand.
func parseUntilOperand(args, valued []string) options { return read(args, valued, true) }

// leading cuts the options before a command off.
func leading(args, valued []string) (options, []string) {
	o := read(args, valued, true)
	return o, o.operands
}

func read(args, valued []string, untilOperand bool) options {
	var o options
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "" || arg == "--":
			continue
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			o.operands = append(o.operands, arg)
			if untilOperand {
				o.operands = append(o.operands, args[i+1:]...)
				return o
			}
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		switch {
		case hasValue:
		case slices.Contains(valued, arg):
			if i+1 < len(args) {
				i++
				value, hasValue = args[i], true
			}
		case len(arg) > 2 && arg[1] != '-' && slices.Contains(valued, arg[:2]):
			name, value, hasValue = arg[:2], arg[2:], true
		}
		o.list = append(o.list, Pair{name, value, hasValue})
	}
	return o
}

// all are the values of an option, which has several spellings.
func (o options) all(names ...string) []string {
	var out []string
	for _, option := range o.list {
		if slices.Contains(names, option.Name) && option.HasValue {
			out = append(out, option.Value)
		}
	}
	return out
}

// get is the last value of an option.
func (o options) get(names ...string) string {
	all := o.all(names...)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// has reports whether an option is there and not false.
func (o options) has(names ...string) bool {
	return slices.ContainsFunc(o.list, func(option Pair) bool {
		return slices.Contains(names, option.Name) && option.Value != "false"
	})
}

// pairs are the values of an option, each a name and a value.
func (o options) pairs(names ...string) []Pair {
	var out []Pair
	for _, text := range o.all(names...) {
		name, value, hasValue := strings.Cut(text, "=")
		out = append(out, Pair{name, value, hasValue})
	}
	return out
}

// Cut separates the tag from the repository of a reference; a digest is cut off.
func Cut(reference string) (repository, tag string, hasTag bool) {
	mask := script.Mask(reference)
	if i := strings.IndexByte(mask, '@'); i >= 0 {
		reference, mask = reference[:i], mask[:i]
	}
	if i := strings.LastIndexByte(mask, ':'); i > strings.LastIndexByte(mask, '/') {
		return reference[:i], reference[i+1:], true
	}
	return reference, "", false
}
