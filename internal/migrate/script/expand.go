package script

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// maxValue is how long a value can become.
const maxValue = 1 << 14

// maxValues is how many words braces and patterns can make.
const maxValues = 200

// value is the value of a variable. Variables that the file does not set are `${NAME}`.
func (w *walker) value(s *state, name string) (string, bool) {
	if name == "0" || name == "BASH_SOURCE" {
		return path.Join("${CI_PROJECT_DIR}", w.from.file), w.from.file != ""
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n > 0 && n <= len(s.args) {
			return s.args[n-1], true
		}
		return "", n > 0 && s.args != nil
	}
	switch name {
	case "@", "*":
		return strings.Join(s.args, " "), true
	case "#":
		return strconv.Itoa(len(s.args)), true
	case "PWD":
		return path.Join("${CI_PROJECT_DIR}", s.dir), true
	}
	if value, ok := s.variables[name]; ok {
		return value, true
	}
	value, ok := w.source.Variables[name]
	return value, ok
}

// assign sets variables.
func (w *walker) assign(s *state, to map[string]string, list []*syntax.Assign) {
	for _, a := range list {
		switch {
		case a.Name == nil || a.Naked:
		case a.Array != nil || a.Index != nil:
			to[a.Name.Value] = strings.Join(w.elements(s, a), " ")
		default:
			value := ""
			if a.Value != nil {
				value = w.text(s, a.Value.Parts, false)
			}
			if a.Append {
				before, _ := w.value(s, a.Name.Value)
				value = before + value
			}
			if len(value) <= maxValue {
				to[a.Name.Value] = value
			}
		}
	}
}

func (w *walker) elements(s *state, a *syntax.Assign) []string {
	var out []string
	if a.Append {
		before, _ := w.value(s, a.Name.Value)
		out = append(out, before)
	}
	if a.Array != nil {
		for _, element := range a.Array.Elems {
			if element.Value != nil {
				out = append(out, w.text(s, element.Value.Parts, false))
			}
		}
	}
	return out
}

// fields expands words to arguments. A value without quotes is split at spaces.
func (w *walker) fields(s *state, words []*syntax.Word) []string {
	var out []string
	for _, word := range words {
		for braced, err := range expand.BracesSeq(nil, split(word)) {
			if err != nil || len(out) > maxValues {
				break
			}
			out = append(out, w.field(s, braced)...)
		}
	}
	return out
}

// split is a word with its braces as parts of their own. The word itself stays as it is.
func split(word *syntax.Word) *syntax.Word {
	copied := &syntax.Word{Parts: slices.Clone(word.Parts)}
	syntax.SplitBraces(copied)
	return copied
}

// isList reports whether a part is "$@" or "${NAME[@]}", whose values stay apart in quotes.
func isList(part syntax.WordPart) bool {
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	p, ok := part.(*syntax.ParamExp)
	return ok && p.Param != nil && (p.Param.Value == "@" || p.Index != nil && written(p.Index) == "@")
}

func (w *walker) field(s *state, word *syntax.Word) []string {
	var out []string
	var current strings.Builder
	isField := false
	for _, part := range word.Parts {
		text := w.text(s, []syntax.WordPart{part}, false)
		_, isParameter := part.(*syntax.ParamExp)
		_, isOutput := part.(*syntax.CmdSubst)
		switch {
		case isParameter || isOutput || isList(part):
			for i, piece := range Split(text) {
				if i > 0 {
					out = append(out, current.String())
					current.Reset()
				}
				current.WriteString(piece)
				isField = isField || piece != ""
			}
		default:
			current.WriteString(text)
			isField = true
		}
	}
	if isField {
		out = append(out, current.String())
	}
	return out
}

// text expands the parts of a word to one text.
func (w *walker) text(s *state, parts []syntax.WordPart, isQuoted bool) string {
	var out strings.Builder
	for _, part := range parts {
		if out.Len() > maxValue {
			break
		}
		switch p := part.(type) {
		case *syntax.Lit:
			out.WriteString(literal(p.Value, isQuoted))
		case *syntax.SglQuoted:
			out.WriteString(p.Value)
		case *syntax.DblQuoted:
			out.WriteString(w.text(s, p.Parts, true))
		case *syntax.ParamExp:
			out.WriteString(w.parameter(s, p))
		case *syntax.CmdSubst:
			out.WriteString(w.output(s, p))
		default:
			out.WriteString("$(" + strings.Trim(written(part), "$()") + ")")
		}
	}
	return out.String()
}

// literal removes the backslashes that quote a character.
func literal(text string, isQuoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (!isQuoted || strings.ContainsRune("$`\"\\\n", rune(text[i+1]))) {
			i++
			if text[i] == '\n' {
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// written is a piece of a script as it was written, on one line.
func written(node syntax.Node) string {
	var out strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&out, node); err != nil {
		return "…"
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// parameter expands a variable. What changes a known value is left to the library.
func (w *walker) parameter(s *state, p *syntax.ParamExp) string {
	name := ""
	if p.Param != nil {
		name = p.Param.Value
	}
	value, isKnown := w.value(s, name)
	isPlain := p.Exp == nil && p.Slice == nil && p.Repl == nil && !p.Length && !p.Excl && p.Index == nil
	switch {
	case name == "" || p.Excl:
		return written(p)
	case isPlain && isKnown, p.Index != nil && isKnown:
		return value
	case isPlain:
		return "${" + name + "}"
	case p.Exp != nil && isDefault(p.Exp.Op) && (!isKnown || value == "") && !IsPredefined(name):
		if p.Exp.Op == syntax.AlternateUnset || p.Exp.Op == syntax.AlternateUnsetOrNull {
			return ""
		}
		if p.Exp.Word == nil {
			return ""
		}
		return w.text(s, p.Exp.Word.Parts, true)
	case isKnown && !IsOpen(value):
		environ := expand.FuncEnviron(func(other string) string {
			known, _ := w.value(s, other)
			return known
		})
		if out, err := expand.Literal(&expand.Config{Env: environ}, &syntax.Word{Parts: []syntax.WordPart{p}}); err == nil {
			return out
		}
	case isKnown && p.Exp != nil && isDefault(p.Exp.Op) && p.Exp.Op != syntax.AlternateUnset && p.Exp.Op != syntax.AlternateUnsetOrNull:
		return value
	}
	return written(p)
}

func isDefault(op syntax.ParExpOperator) bool {
	return slices.Contains([]syntax.ParExpOperator{
		syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull,
		syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.ErrorUnset, syntax.ErrorUnsetOrNull,
	}, op)
}

// IsPredefined reports whether GitLab sets a variable.
func IsPredefined(name string) bool {
	return name == "CI" || strings.HasPrefix(name, "CI_") || strings.HasPrefix(name, "GITLAB_")
}

// output is what a command prints, where the files of the project say it.
func (w *walker) output(s *state, p *syntax.CmdSubst) string {
	w.inner++
	w.depth++
	w.statements([]*state{s.clone()}, p.Stmts)
	w.inner--
	w.depth--
	if len(p.Stmts) == 1 && w.depth < maxDepth {
		if out, ok := w.lastOutput(s.clone(), p.Stmts[0]); ok {
			return out
		}
	}
	return written(p)
}

// lastOutput is what a command prints, or the one behind `cd FOLDER &&`.
func (w *walker) lastOutput(s *state, statement *syntax.Stmt) (string, bool) {
	if both, ok := statement.Cmd.(*syntax.BinaryCmd); ok && both.Op == syntax.AndStmt {
		first, ok := both.X.Cmd.(*syntax.CallExpr)
		if !ok {
			return "", false
		}
		if args := w.fields(s, first.Args); len(args) != 2 || args[0] != "cd" {
			return "", false
		} else if s.change(args[1:]); strings.HasPrefix(s.dir, "/") {
			return "", false
		}
		statement = both.Y
	}
	call, ok := statement.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	return w.printed(s, w.fields(s, call.Args))
}

// printed is the output of simple commands.
func (w *walker) printed(s *state, args []string) (string, bool) {
	if len(args) == 1 && args[0] == "pwd" {
		return path.Join("${CI_PROJECT_DIR}", s.dir), true
	}
	if len(args) == 0 || slices.ContainsFunc(args, IsOpen) && args[0] != "echo" && !isNameOfPath(args) {
		return "", false
	}
	switch {
	case args[0] == "echo":
		return strings.Join(args[1:], " "), !strings.HasPrefix(strings.Join(args[1:], " "), "-")
	case args[0] == "basename" && len(args) == 2:
		return path.Base(args[1]), true
	case args[0] == "basename" && len(args) == 3:
		return strings.TrimSuffix(path.Base(args[1]), args[2]), true
	case args[0] == "dirname" && len(args) == 2:
		return path.Dir(args[1]), true
	case args[0] == "cat" && len(args) == 2:
		content, err := w.read(Below(s.dir, args[1]))
		return strings.TrimSpace(content), err == nil
	case args[0] == "ls":
		return w.list(s, args[1:])
	}
	return "", false
}

// isNameOfPath reports whether a command only cuts a path at a slash that the script has.
func isNameOfPath(args []string) bool {
	return len(args) == 2 && (args[0] == "dirname" || args[0] == "basename") && strings.Contains(Mask(args[1]), "/")
}

// list is what `ls` prints.
func (w *walker) list(s *state, args []string) (string, bool) {
	var names []string
	isFolders := false
	for _, arg := range args {
		switch {
		case arg == "-d" || arg == "-1d" || arg == "-d1":
			isFolders = true
		case !strings.HasPrefix(arg, "-"):
			names = append(names, arg)
		}
	}
	if isFolders {
		var out []string
		for _, name := range names {
			out = append(out, w.glob(s, name)...)
		}
		return strings.Join(out, " "), len(out) > 0
	}
	pattern := "*"
	if len(names) > 0 {
		pattern = path.Join(names[0], "*")
	}
	found := w.glob(s, pattern)
	for i := range found {
		found[i] = path.Base(found[i])
	}
	return strings.Join(found, " "), len(found) > 0 && len(names) < 2
}

// values are those of a loop, with patterns replaced by the files that match.
func (w *walker) values(s *state, words []*syntax.Word) []string {
	var out []string
	for _, value := range w.fields(s, words) {
		if matches := w.glob(s, value); len(matches) > 0 {
			out = append(out, matches...)
		} else {
			out = append(out, value)
		}
	}
	return out[:min(len(out), maxValues)]
}

// glob returns the files and folders that a pattern matches. A slash at the end selects folders.
func (w *walker) glob(s *state, pattern string) []string {
	if !strings.ContainsAny(pattern, "*?[") || IsOpen(pattern) || w.source.Tree == nil {
		return nil
	}
	trimmed := strings.TrimSuffix(pattern, "/")
	prefix := ""
	if strings.HasPrefix(trimmed, "./") {
		prefix = "./"
	}
	matches, err := fs.Glob(w.source.Tree, path.Join(s.dir, trimmed))
	if err != nil {
		return nil
	}
	var out []string
	for _, match := range matches {
		info, err := fs.Stat(w.source.Tree, match)
		if err != nil || pattern != trimmed && !info.IsDir() || strings.HasPrefix(path.Base(match), ".") {
			continue
		}
		name := prefix + strings.TrimPrefix(strings.TrimPrefix(match, s.dir), "/")
		if pattern != trimmed {
			name += "/"
		}
		out = append(out, name)
	}
	return out
}

// open matches what only a job knows.
var open = regexp.MustCompile(`\$[({]`)

// IsOpen reports whether a text contains something that only a job knows.
func IsOpen(text string) bool { return open.MatchString(text) }

// Mask replaces the characters inside of `${…}` and `$(…)` by "x", so that the rest can be searched. The length stays.
func Mask(text string) string {
	out := []byte(text)
	var stack []byte
	for i := 0; i < len(out); i++ {
		switch {
		case text[i] == '$' && i+1 < len(text) && (text[i+1] == '{' || text[i+1] == '('):
			stack = append(stack, map[byte]byte{'{': '}', '(': ')'}[text[i+1]])
			out[i], out[i+1] = 'x', 'x'
			i++
		case len(stack) > 0:
			if text[i] == stack[len(stack)-1] {
				stack = stack[:len(stack)-1]
			}
			out[i] = 'x'
		}
	}
	return string(out)
}

// Split splits a text at white space outside of what only a job knows. It returns one text at least.
func Split(text string) []string {
	mask := Mask(text)
	var out []string
	for i := 0; i < len(mask); {
		begin := strings.IndexFunc(mask[i:], func(r rune) bool { return !strings.ContainsRune(" \t\n", r) })
		if begin < 0 {
			break
		}
		begin += i
		end := strings.IndexAny(mask[begin:], " \t\n")
		if end < 0 {
			end = len(mask) - begin
		}
		out = append(out, text[begin:begin+end])
		i = begin + end
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}
