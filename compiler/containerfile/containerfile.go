// Package containerfile finds the images that a Containerfile is built from.
package containerfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Parent is an image that a stage is built from or copies from.
type Parent struct {
	// Reference is the text after the arguments were filled in.
	Reference string
	// Line counts from one.
	Line int
	// IsBase says that the layers of the result begin with the parent's.
	IsBase bool
}

// File is what a Containerfile says of its lineage.
type File struct {
	// Parents are in the order of the file, each reference once.
	Parents []Parent
	// Arguments are the names of all ARG lines, sorted.
	Arguments []string
}

// Error is a mistake in a Containerfile.
type Error struct {
	// Line counts from one; zero means that it is unknown.
	Line    int
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Parse reads a Containerfile with the arguments of a build. Only the stages that the target needs count; an empty target
// is the last stage. Its errors are of the type *Error.
func Parse(source []byte, args map[string]string, target string) (File, error) {
	if len(bytes.TrimSpace(source)) == 0 {
		return File{}, &Error{Message: "it is empty"}
	}
	syntax, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		return File{}, syntaxError(err)
	}
	stages, globals, err := instructions.Parse(syntax.AST, nil)
	if err != nil {
		return File{}, syntaxError(err)
	}
	w := &walk{stages: stages, args: args, lex: shell.NewLex(syntax.EscapeToken), needed: map[int]bool{}, parents: map[string]Parent{}}
	if err := w.globals(globals); err != nil {
		return File{}, err
	}
	last, err := w.target(target)
	if err == nil {
		err = w.stage(last, true)
	}
	if err != nil {
		return File{}, err
	}
	return File{Parents: w.sorted(), Arguments: w.arguments(globals)}, nil
}

// syntaxError keeps the first line of what the parser says; the rest repeats the source.
func syntaxError(err error) error {
	out := &Error{}
	out.Message, _, _ = strings.Cut(err.Error(), "\n")
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		out.Line = located.Locations[0][0].Start.Line
	}
	return out
}

// walk visits the stages that a target needs.
type walk struct {
	stages []instructions.Stage
	args   map[string]string
	lex    *shell.Lex
	// global are the arguments that FROM lines see.
	global  environment
	needed  map[int]bool
	parents map[string]Parent
}

// globals fills the arguments before the first FROM: the build's value, else the default.
func (w *walk) globals(commands []instructions.ArgCommand) error {
	w.global = platformArguments()
	for _, command := range commands {
		if err := w.declare(w.global, command); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) declare(env environment, command instructions.ArgCommand) error {
	for _, arg := range command.Args {
		value, given := w.args[arg.Key]
		switch {
		case given:
			env[arg.Key] = value
		case arg.Value != nil:
			expanded, _, err := w.lex.ProcessWord(*arg.Value, env)
			if err != nil {
				return &Error{firstLine(command.Location()), fmt.Sprintf("the default of ARG %s cannot be expanded", arg.Key)}
			}
			env[arg.Key] = expanded
		}
	}
	return nil
}

func (w *walk) target(name string) (int, error) {
	if len(w.stages) == 0 {
		return 0, &Error{Message: "it has no FROM"}
	}
	if name == "" {
		return len(w.stages) - 1, nil
	}
	if i, ok := instructions.HasStage(w.stages, name); ok {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(w.stages) {
		return i, nil
	}
	return 0, &Error{Message: fmt.Sprintf("it has no stage %q", name)}
}

// stage takes in the parents of one stage and of those that it needs. isBase says that its layers are the result's first.
func (w *walk) stage(i int, isBase bool) error {
	if w.needed[i] && !isBase {
		return nil
	}
	w.needed[i] = true
	stage := w.stages[i]
	line := firstLine(stage.Location)
	base, unset, err := w.lex.ProcessWord(stage.BaseName, w.global)
	switch {
	case err != nil:
		return &Error{line, fmt.Sprintf("FROM %s cannot be expanded", stage.BaseName)}
	case len(unset) > 0:
		return &Error{line, fmt.Sprintf("FROM %s has an argument without a value: %s", stage.BaseName, strings.Join(slices.Sorted(maps.Keys(unset)), ", "))}
	case base == "":
		return &Error{line, fmt.Sprintf("FROM %s names no image", stage.BaseName)}
	}
	if err := w.from(base, i, line, isBase); err != nil {
		return err
	}
	return w.copies(stage, i)
}

// copies takes in what the commands of a stage copy or mount from.
func (w *walk) copies(stage instructions.Stage, i int) error {
	env := platformArguments()
	for _, command := range stage.Commands {
		var sources []string
		switch command := command.(type) {
		case *instructions.ArgCommand:
			w.inherit(env, *command)
			if err := w.declare(env, *command); err != nil {
				return err
			}
		case *instructions.CopyCommand:
			sources = []string{command.From}
		case *instructions.RunCommand:
			// mounts are parsed only when variables in them are expanded
			_ = command.Expand(func(word string) (string, error) {
				expanded, _, err := w.lex.ProcessWord(word, env)
				return expanded, err
			})
			for _, mount := range instructions.GetMounts(command) {
				sources = append(sources, mount.From)
			}
		}
		for _, source := range sources {
			expanded, _, err := w.lex.ProcessWord(source, env)
			if err != nil || expanded == "" {
				continue
			}
			if err := w.from(expanded, i, firstLine(command.Location()), false); err != nil {
				return err
			}
		}
	}
	return nil
}

// inherit gives a stage the value of a global argument that it declares again without a default.
func (w *walk) inherit(env environment, command instructions.ArgCommand) {
	for _, arg := range command.Args {
		if value, ok := w.global[arg.Key]; ok && arg.Value == nil {
			env[arg.Key] = value
		}
	}
}

// from takes in a source: an earlier stage by name or number, nothing for scratch, or an image.
func (w *walk) from(source string, stage, line int, isBase bool) error {
	if source == "scratch" {
		return nil
	}
	if i, ok := instructions.HasStage(w.stages[:stage], source); ok {
		return w.stage(i, isBase)
	}
	if i, err := strconv.Atoi(source); err == nil && i >= 0 && i < stage {
		return w.stage(i, isBase)
	}
	known, ok := w.parents[source]
	if !ok {
		known = Parent{Reference: source, Line: line}
	}
	known.IsBase = known.IsBase || isBase
	w.parents[source] = known
	return nil
}

func (w *walk) sorted() []Parent {
	return slices.SortedFunc(maps.Values(w.parents), func(a, b Parent) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Reference, b.Reference))
	})
}

func (w *walk) arguments(globals []instructions.ArgCommand) []string {
	var names []string
	for _, command := range globals {
		names = append(names, keys(command)...)
	}
	for _, stage := range w.stages {
		for _, command := range stage.Commands {
			if arg, ok := command.(*instructions.ArgCommand); ok {
				names = append(names, keys(*arg)...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func keys(command instructions.ArgCommand) []string {
	var names []string
	for _, arg := range command.Args {
		names = append(names, arg.Key)
	}
	return names
}

func firstLine(location []parser.Range) int {
	if len(location) == 0 {
		return 0
	}
	return location[0].Start.Line
}
