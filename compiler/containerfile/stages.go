package containerfile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// walk visits the stages that a target needs.
type walk struct {
	stages []instructions.Stage
	args   map[string]string
	lex    *shell.Lex
	// global are the arguments that FROM lines see.
	global  environment
	needed  map[int]bool
	parents map[string]Parent
	// kept are the variables that the ENV lines of each stage leave.
	kept map[int]environment
	// file has what was found, once for each stage that needs it.
	file File
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
				return &Error{Line: firstLine(command.Location()), Message: fmt.Sprintf("the default of ARG %s cannot be expanded", arg.Key)}
			}
			env[arg.Key] = expanded
		}
	}
	return nil
}

func (w *walk) target(name string) (int, error) {
	if len(w.stages) == 0 {
		return 0, &Error{Message: "it has no FROM", Hint: firstFrom}
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
	return 0, &Error{Message: fmt.Sprintf("it has no stage %q%s", name, diagnostic.DidYouMean(name, w.names())), Hint: "name a stage with `AS`, or remove `target` to build the last one", IsAboutTarget: true}
}

// stage takes in the parents of one stage and of those that it needs. isBase says that its layers are the result's first.
func (w *walk) stage(i int, isBase bool) error {
	if w.needed[i] && !isBase {
		return nil
	}
	w.needed[i] = true
	stage := w.stages[i]
	line := firstLine(stage.Location)
	base, err := w.base(stage.BaseName, line)
	if err != nil {
		return err
	}
	if err := w.from(base, i, Parent{Line: line, IsFrom: true, IsBase: isBase}); err != nil {
		return err
	}
	return w.commands(stage, i, isBase)
}

// base fills in the arguments of a FROM line. One that has neither a value nor a default in the line is an error.
func (w *walk) base(word string, line int) (string, error) {
	base, unset, err := w.lex.ProcessWord(word, w.global)
	if err != nil {
		return "", &Error{Line: line, Message: fmt.Sprintf("FROM %s cannot be expanded", word)}
	}
	if name := w.missing(word, unset); name != "" {
		return "", &Error{Line: line, Message: fmt.Sprintf("FROM %s has an argument without a value: %s", word, name), Argument: name}
	}
	if base == "" {
		return "", &Error{Line: line, Message: fmt.Sprintf("FROM %s names no image", word)}
	}
	return base, nil
}

// plain are the arguments of a word that have no default in it, such as $A and ${A}.
var plain = pattern.Lazy(`\$(?:(\w+)|\{(\w+)\})`)

// missing returns an argument that leaves a gap in a word, if one does. One inside the default of another that has a value leaves none.
func (w *walk) missing(word string, unset map[string]struct{}) string {
	for _, match := range plain().FindAllStringSubmatch(word, -1) {
		name := match[1] + match[2]
		if _, ok := unset[name]; !ok {
			continue
		}
		marked := maps.Clone(w.global)
		marked[name] = mark
		if reached, _, err := w.lex.ProcessWord(word, marked); err == nil && strings.Contains(reached, mark) {
			return name
		}
	}
	return ""
}

// mark shows where the value of an argument comes out; no line of a Containerfile holds it.
const mark = "\n"

// commands adds the images that the commands of a stage copy or mount from, and the last user that they set.
func (w *walk) commands(stage instructions.Stage, i int, isBase bool) error {
	env, kept := platformArguments(), w.inherited(stage, i)
	w.kept[i] = kept
	maps.Copy(env, kept)
	for _, command := range stage.Commands {
		var sources []string
		switch command := command.(type) {
		case *instructions.EnvCommand:
			for _, pair := range command.Env {
				if value, _, err := w.lex.ProcessWord(pair.Value, env); err == nil {
					kept[pair.Key] = value
				}
			}
			maps.Copy(env, kept)
		case *instructions.ArgCommand:
			w.inherit(env, *command)
			if err := w.declare(env, *command); err != nil {
				return err
			}
			maps.Copy(env, kept) // ENV comes before ARG
		case *instructions.UserCommand:
			if user, _, err := w.lex.ProcessWord(command.User, env); err == nil && isBase {
				w.file.User, w.file.UserLine = user, firstLine(command.Location())
			}
		case *instructions.CopyCommand:
			sources = []string{command.From}
		case *instructions.RunCommand:
			w.file.Runs = append(w.file.Runs, Run{script(command), firstLine(command.Location())})
			for _, mount := range instructions.GetMounts(command) {
				sources = append(sources, mount.From)
			}
			w.mount(command, env)
		}
		w.take(reads(command), env, command.Location())
		for _, source := range sources {
			expanded, _, err := w.lex.ProcessWord(source, env)
			if err != nil || expanded == "" {
				continue
			}
			if err := w.copied(expanded, i, firstLine(command.Location())); err != nil {
				return err
			}
		}
	}
	return nil
}

// inherited is the environment that a stage has from the stage that it begins with.
func (w *walk) inherited(stage instructions.Stage, i int) environment {
	own := environment{}
	if base, _, err := w.lex.ProcessWord(stage.BaseName, w.global); err == nil {
		if above, ok := instructions.HasStage(w.stages[:i], base); ok {
			maps.Copy(own, w.kept[above])
		}
	}
	return own
}

// take notes what a command takes from the context.
func (w *walk) take(paths []string, env environment, location []parser.Range) {
	for _, word := range paths {
		name, unset, err := w.lex.ProcessWord(word, env)
		if err == nil && len(unset) == 0 && name != "" {
			w.file.Copies = append(w.file.Copies, Copy{name, firstLine(location)})
		}
	}
}

// inherit gives a stage the value of a global argument that it declares again without a default.
func (w *walk) inherit(env environment, command instructions.ArgCommand) {
	for _, arg := range command.Args {
		if value, ok := w.global[arg.Key]; ok && arg.Value == nil {
			env[arg.Key] = value
		}
	}
}

// copied adds an image that a stage copies or mounts from. Unlike FROM, COPY names stages by number too.
func (w *walk) copied(source string, stage, line int) error {
	i, err := strconv.Atoi(source)
	switch {
	case err != nil:
		return w.from(source, stage, Parent{Line: line})
	case i < 0 || i >= stage:
		return &Error{Line: line, Message: fmt.Sprintf("there is no stage %s above this one", source)}
	}
	return w.stage(i, false)
}

// from takes in an earlier stage by name, nothing for scratch, or an image, as what a line says of it.
func (w *walk) from(source string, stage int, as Parent) error {
	if source == "scratch" {
		return nil
	}
	if i, ok := instructions.HasStage(w.stages[:stage], source); ok {
		return w.stage(i, as.IsBase)
	}
	as.Reference = source
	if known, ok := w.parents[source]; ok {
		as.Line, as.IsBase, as.IsFrom = known.Line, as.IsBase || known.IsBase, as.IsFrom || known.IsFrom
	}
	w.parents[source] = as
	return nil
}

func (w *walk) names() []string {
	var names []string
	for _, stage := range w.stages {
		if stage.Name != "" {
			names = append(names, stage.Name)
		}
	}
	return names
}

// result returns what was found, sorted and each once.
func (w *walk) result(globals []instructions.ArgCommand) File {
	out := w.file
	out.Parents = slices.SortedFunc(maps.Values(w.parents), func(a, b Parent) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Reference, b.Reference))
	})
	slices.SortFunc(out.Copies, func(a, b Copy) int { return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Path, b.Path)) })
	slices.SortFunc(out.Runs, func(a, b Run) int { return cmp.Compare(a.Line, b.Line) })
	slices.Sort(out.Secrets)
	out.Copies, out.Runs, out.Secrets = slices.Compact(out.Copies), slices.Compact(out.Runs), slices.Compact(out.Secrets)
	out.Stages, out.Arguments = w.names(), w.arguments(globals)
	return out
}

func script(command *instructions.RunCommand) string {
	parts := []string{strings.Join(command.CmdLine, " ")}
	for _, file := range command.Files {
		parts = append(parts, file.Data)
	}
	return strings.Join(parts, "\n")
}

func (w *walk) arguments(globals []instructions.ArgCommand) []string {
	names := predefined()
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
