package zuul

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// arguments are the field build_args. Zuul writes them into a command line without quotes, so its quotes are the user's. One
// without a value has that of the builder's environment.
func (f *fields) arguments(environment map[string]string) map[string]string {
	var out map[string]string
	for _, arg := range f.list("build_args") {
		tokens, err := split(arg.text)
		text := strings.Join(tokens, " ")
		switch {
		case err != nil:
			f.c.fail(arg.at, "the quotes of the build argument do not match")
			f.isOut = true
			continue
		case len(tokens) > 1:
			text = arg.text
			f.c.report.Look(arg.at, "build_args", "Zuul cuts the value at its blanks, which breaks the build; here it is whole")
		}
		name, value, given := strings.Cut(text, "=")
		if !importer.VariableName.Takes(name) {
			f.c.fail(arg.at, "the build argument %s has no name such as VERSION=1", diagnostic.Quote(name))
			f.isOut = true
			continue
		}
		if !given {
			if value, given = environment[name]; !given {
				f.c.report.Missing(arg.at, "build_args", "the value of %s is the builder's environment's, which this tree does not set", name)
				continue
			}
		}
		out = with(out, name, value)
	}
	return out
}

// setting is a variable of the job that is a text.
func (f *fields) setting(name, otherwise string) string {
	n := f.run.vars[name]
	if n == nil || n.isNull() {
		return otherwise
	}
	value, err := f.run.scope.text(n)
	if err != nil {
		f.leave(n.at, name, err.Error())
	}
	if value == "" {
		return otherwise
	}
	return value
}

// split cuts a text into words as a shell does, and takes its quotes off.
func split(s string) ([]string, error) {
	var out []string
	var word strings.Builder
	inWord := false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == ' ' || ch == '\t' || ch == '\n':
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
			continue
		case ch == '\\' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
		case ch == '\'' || ch == '"':
			end, text := quoted(s[i:])
			if end == 0 {
				return nil, errOpenQuote
			}
			word.WriteString(text)
			i += end
		default:
			word.WriteByte(ch)
		}
		inWord = true
	}
	if inWord {
		out = append(out, word.String())
	}
	return out, nil
}

// quoted reads a text in quotes, and returns the position of the last quote; zero if there is none.
func quoted(s string) (int, string) {
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i, out.String()
		case s[i] == '\\' && s[0] == '"' && i+1 < len(s) && strings.IndexByte(`"\`, s[i+1]) >= 0:
			i++
		}
		out.WriteByte(s[i])
	}
	return 0, ""
}
