package main

import (
	"slices"
	"strings"
)

// arguments are those of a command: its flags by name, what is left, and what comes after "--".
type arguments struct {
	flags   map[string][]string
	rest    []string
	command []string
}

// switches are the flags without a value.
var switches = []string{"--quiet", "--disable-compression", "--pull-never", "--layers", "--no-cache", "--rm", "--force-rm", "--json", "--all", "--force"}

func parse(args []string) arguments {
	out := arguments{flags: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			out.command = args[i+1:]
			return out
		case !strings.HasPrefix(args[i], "-"):
			out.rest = append(out.rest, args[i])
		case hasValue || slices.Contains(switches, name) || i+1 == len(args):
			out.flags[name] = append(out.flags[name], value)
		default:
			i++
			out.flags[name] = append(out.flags[name], args[i])
		}
	}
	return out
}

// flag is the last value of a flag.
func (a arguments) flag(name string) string {
	if values := a.flags[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// all are the arguments that are no flags.
func (a arguments) all() []string { return slices.Concat(a.rest, a.command) }

// last is the last argument that is no flag.
func (a arguments) last() string {
	if all := a.all(); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// first is the first argument that is no flag.
func (a arguments) first() string {
	if all := a.all(); len(all) > 0 {
		return all[0]
	}
	return ""
}
