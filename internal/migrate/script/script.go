// Package script finds the commands that a shell script runs, without running them. Values that only a job knows stay in the
// commands as `${NAME}` or `$(command)`.
package script

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Line is an entry of `script`, which can have several lines of shell. IsBlock says that they begin below At.
type Line struct {
	Text    string
	At      diagnostic.Span
	IsBlock bool
}

// Source is what a script consists of and what it can see.
type Source struct {
	Lines []Line
	// Tree is the files of the project. The script starts at its root.
	Tree fs.FS
	// Variables are the variables of the job. Values can contain `${NAME}` of variables that are not known.
	Variables map[string]string
}

// Command is a command with its arguments expanded.
type Command struct {
	// Args are the name of the program and its arguments.
	Args []string
	// Env are the variables that are set for this command only.
	Env map[string]string
	// Dir is the folder below the project's root that the command runs in; it begins with ".." or "/" if it is outside.
	Dir string
	// Input is the file that the standard input is read from, and Stdin its text if the script contains it.
	Input string
	Stdin Text
	// Output is the file that the standard output goes to, and Printed its text if the script contains it. IsAdded says that the text
	// is added to the file.
	Output  string
	Printed Text
	IsAdded bool
	// IsInner says that the command is a condition or its output becomes a value.
	IsInner bool
	At      diagnostic.Span
	// Make is the number of the command of make that runs this one; that command has it, too.
	Make int
	// Recipe is a recipe of a Makefile that is not shell, and Reason says why.
	Recipe, Reason string
}

// Text is a text in a script. IsWhole says that a job would not change it: each `${NAME}` in it is meant literally.
type Text struct {
	Value   string
	IsWhole bool
}

// Limits of a script. Branches and loops multiply the commands.
const (
	maxSteps  = 5000
	maxStates = 16
	maxDepth  = 8
	maxScript = 1 << 20
)

// Commands returns the commands in the order of the script. It follows all branches, and it unrolls loops over values that are
// known. The error says why a line is not shell.
func Commands(source Source) ([]Command, error) {
	w := &walker{source: source, seen: map[string]bool{}, functions: map[string]function{}, left: maxSteps}
	states := []*state{{variables: map[string]string{}}}
	for _, line := range source.Lines {
		w.at, w.from = line.At, origin{above: line.At, hasLines: line.IsBlock}
		file, err := parse(line.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line.At, err)
		}
		states = w.statements(states, file.Stmts)
	}
	return w.commands, nil
}

func parse(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
}

// state is what a script knows at one place. Branches make several.
type state struct {
	variables map[string]string
	dir       string
	args      []string
	// isDone says that the script has ended, and isReturned that the function has.
	isDone, isReturned bool
}

func (s *state) clone() *state {
	out := *s
	out.variables = maps.Clone(s.variables)
	return &out
}

func (s *state) equal(other *state) bool {
	return s.dir == other.dir && s.isDone == other.isDone && s.isReturned == other.isReturned && slices.Equal(s.args, other.args) && maps.Equal(s.variables, other.variables)
}

// origin is where the statements that run are written: in a script of the project, or in the job, where file is empty. HasLines says that
// the first of them is below a place.
type origin struct {
	file     string
	above    diagnostic.Span
	hasLines bool
}

// function is a function of a script, and where it is written.
type function struct {
	body *syntax.Stmt
	from origin
}

type walker struct {
	source    Source
	at        diagnostic.Span
	commands  []Command
	seen      map[string]bool
	functions map[string]function
	from      origin
	inner     int
	depth     int
	left      int
	// makes is the number of the make that runs, and lastMake the last number.
	makes, lastMake int
	// sink has the output of the block that runs.
	sink Command
}

// statements runs statements one after another, each from all states that the one before can end in.
func (w *walker) statements(states []*state, list []*syntax.Stmt) []*state {
	for _, statement := range list {
		var next []*state
		for _, s := range states {
			if s.isDone || s.isReturned {
				next = join(next, s)
				continue
			}
			next = join(next, w.statement(s, statement)...)
		}
		states = next
	}
	return states
}

// join adds states to others unless they are known, or there are too many.
func join(states []*state, more ...*state) []*state {
	for _, s := range more {
		if len(states) < maxStates && !slices.ContainsFunc(states, s.equal) {
			states = append(states, s)
		}
	}
	return states
}

func (w *walker) statement(s *state, statement *syntax.Stmt) []*state {
	if w.left--; w.left < 0 || statement == nil || w.depth > maxDepth {
		return []*state{s}
	}
	if w.from.hasLines {
		w.at = diagnostic.Span{File: w.from.above.File, Line: w.from.above.Line + int(statement.Pos().Line())}
	}
	if _, isCall := statement.Cmd.(*syntax.CallExpr); !isCall {
		outer := w.sink
		w.redirect(s, &w.sink, statement.Redirs)
		defer func() { w.sink = outer }()
	}
	switch c := statement.Cmd.(type) {
	case *syntax.CallExpr:
		return w.call(s, c, statement.Redirs)
	case *syntax.DeclClause:
		w.assign(s, s.variables, c.Args)
	case *syntax.BinaryCmd:
		return w.binary(s, c)
	case *syntax.Block:
		return w.statements([]*state{s}, c.Stmts)
	case *syntax.Subshell:
		w.statements([]*state{s.clone()}, c.Stmts)
	case *syntax.IfClause:
		return w.branches(s, c)
	case *syntax.CaseClause:
		return w.cases(s, c)
	case *syntax.ForClause:
		return w.loop(s, c)
	case *syntax.WhileClause:
		w.condition(s, c.Cond)
		return join(w.statements([]*state{s.clone()}, c.Do), s)
	case *syntax.FuncDecl:
		if c.Name != nil {
			w.functions[c.Name.Value] = function{c.Body, w.from}
		}
	case *syntax.TimeClause:
		return w.statement(s, c.Stmt)
	}
	return []*state{s}
}

// binary runs both sides. A side of a pipe has a state of its own.
func (w *walker) binary(s *state, c *syntax.BinaryCmd) []*state {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		w.statement(s.clone(), c.X)
		w.statement(s.clone(), c.Y)
		return []*state{s}
	}
	first := w.statement(s, c.X)
	var out []*state
	for _, one := range first {
		if one.isDone || one.isReturned {
			out = join(out, one)
			continue
		}
		after := w.statement(one.clone(), c.Y)
		for _, other := range after {
			if other.isDone || other.isReturned || c.Op == syntax.OrStmt {
				out = join(out, one) // the second side does not always run
			}
		}
		out = join(out, after...)
	}
	return out
}

// branches runs each branch from the same state. A condition on values that are known chooses one.
func (w *walker) branches(s *state, c *syntax.IfClause) []*state {
	verdict := unknown
	if len(c.Cond) > 0 { // an `else` has none
		w.condition(s, c.Cond)
		verdict = w.judge(s, c.Cond)
	}
	var out []*state
	if verdict != isFalse {
		out = join(out, w.statements([]*state{s.clone()}, c.Then)...)
	}
	switch {
	case len(c.Cond) == 0 || verdict == isTrue:
	case c.Else != nil:
		out = join(out, w.branches(s, c.Else)...)
	default:
		out = join(out, s)
	}
	return out
}

func (w *walker) condition(s *state, list []*syntax.Stmt) {
	w.inner++
	w.statements([]*state{s.clone()}, list)
	w.inner--
}

// cases runs each branch that a word can match, up to one that it matches for certain.
func (w *walker) cases(s *state, c *syntax.CaseClause) []*state {
	var out []*state
	for _, item := range c.Items {
		verdict := w.matches(s, c.Word, item.Patterns)
		if verdict != isFalse {
			out = join(out, w.statements([]*state{s.clone()}, item.Stmts)...)
		}
		if verdict == isTrue {
			return out
		}
	}
	return join(out, s)
}

// loop runs the body for each value. Where the values are not known it runs once, with a value that is not known.
func (w *walker) loop(s *state, c *syntax.ForClause) []*state {
	states := []*state{s}
	iteration, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		return join(w.statements([]*state{s.clone()}, c.Do), s)
	}
	name := iteration.Name.Value
	for _, value := range w.values(s, iteration.Items) {
		for i := range states {
			states[i] = states[i].clone()
			states[i].variables[name] = value
		}
		states = w.statements(states, c.Do)
	}
	return states
}

// call runs a command: an assignment, a function, a script of the project, or a program.
func (w *walker) call(s *state, c *syntax.CallExpr, redirections []*syntax.Redirect) []*state {
	if len(c.Args) == 0 {
		w.assign(s, s.variables, c.Assigns)
		return []*state{s}
	}
	args := w.fields(s, c.Args)
	if len(args) == 0 {
		return []*state{s}
	}
	env := map[string]string{}
	w.assign(s, env, c.Assigns)
	switch args[0] {
	case "cd", "pushd":
		s.change(args[1:])
		return []*state{s}
	case "exit":
		s.isDone = w.inner == 0
		return []*state{s}
	case "return":
		s.isReturned = true
		return []*state{s}
	case "make", "gmake":
		if w.make(s, args, env) {
			return []*state{s}
		}
	case "eval":
		if file, err := parse(strings.Join(args[1:], " ")); err == nil {
			return w.within(s, file.Stmts, s.args, origin{file: w.from.file})
		}
	}
	if f, ok := w.functions[args[0]]; ok {
		return w.within(s, []*syntax.Stmt{f.body}, args[1:], f.from)
	}
	if name, rest, ok := scriptOf(args); ok {
		if out, ok := w.project(s, args[0], name, rest); ok {
			return out
		}
	}
	command := Command{Args: args, Env: env, Dir: s.dir, Output: w.sink.Output, IsAdded: true, IsInner: w.inner > 0, At: w.at, Make: w.makes}
	w.redirect(s, &command, redirections)
	command.Printed = prints(command)
	w.add(command)
	return []*state{s}
}

// add adds a command, once for each place and meaning.
func (w *walker) add(c Command) {
	key := fmt.Sprintf("%v %q %q %v %q", c.At, c.Dir, c.Args, c.IsInner, c.Output)
	if !w.seen[key] {
		w.seen[key] = true
		w.commands = append(w.commands, c)
	}
}

// within runs statements of an origin with arguments of their own.
func (w *walker) within(s *state, list []*syntax.Stmt, args []string, from origin) []*state {
	outer, place, around := s.args, w.at, w.from
	w.depth++
	w.from, s.args = from, args
	out := w.statements([]*state{s}, list)
	w.depth--
	w.at, w.from = place, around
	for _, one := range out {
		one.args, one.isReturned = outer, false
	}
	return out
}

// scriptOf is the script that a command runs, with its arguments.
func scriptOf(args []string) (name string, rest []string, ok bool) {
	switch path.Base(args[0]) {
	case "sh", "bash", "ash", "dash", ".", "source":
		for i, arg := range args[1:] {
			if arg == "-c" {
				return "", nil, false
			}
			if !strings.HasPrefix(arg, "-") {
				return arg, args[i+2:], true
			}
		}
		return "", nil, false
	}
	return args[0], args[1:], strings.Contains(args[0], "/")
}

// project runs a shell script of the project. Only one that `.` reads sets variables for the caller.
func (w *walker) project(s *state, program, name string, args []string) ([]*state, bool) {
	name = Below(s.dir, name)
	content, err := w.read(name)
	if err != nil || w.depth > maxDepth {
		return nil, false
	}
	if first, _, _ := strings.Cut(content, "\n"); strings.HasPrefix(first, "#!") && !strings.Contains(first, "sh") {
		return nil, false
	}
	file, err := parse(content)
	if err != nil {
		return nil, false
	}
	from := origin{file: name, above: diagnostic.Span{File: name}, hasLines: true}
	if program == "." || program == "source" {
		return w.within(s, file.Stmts, args, from), true
	}
	w.within(s.clone(), file.Stmts, args, from)
	return []*state{s}, true
}

func (w *walker) read(name string) (string, error) {
	if w.source.Tree == nil || !fs.ValidPath(name) {
		return "", fs.ErrNotExist
	}
	info, err := fs.Stat(w.source.Tree, name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxScript {
		return "", fs.ErrInvalid
	}
	content, err := fs.ReadFile(w.source.Tree, name)
	return string(content), err
}

// change changes the folder.
func (s *state) change(args []string) {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "--" || arg == "-P" || arg == "-L" })
	if len(args) == 0 {
		s.dir = "/"
		return
	}
	switch target := Local(args[0]); {
	case target != args[0]:
		s.dir = target
	case path.IsAbs(target) || strings.HasPrefix(target, "$"):
		s.dir = "/" + strings.TrimPrefix(target, "/")
	default:
		s.dir = path.Join(s.dir, target)
	}
	if s.dir == "." {
		s.dir = ""
	}
}

// Below is a path below the root of the project, which a command in a folder names.
func Below(dir, name string) string {
	if local := Local(name); local != name {
		return local
	}
	return path.Join(dir, name)
}

// Local is a path as it is below the root of the project, where the text says so.
func Local(name string) string {
	for _, root := range []string{"${CI_PROJECT_DIR}", "${PWD}", "$(pwd)"} {
		if rest, ok := strings.CutPrefix(name, root); ok && (rest == "" || rest[0] == '/') {
			return path.Join(".", rest)
		}
	}
	return name
}
