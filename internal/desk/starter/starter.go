// Package starter creates the first definition of a project, and includes what it compiles to in the project's pipeline.
package starter

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

//go:embed files/stemma.yaml
var firstDefinition []byte

// Request is what `stemma init` is asked for.
type Request struct {
	// Dir is the project's folder.
	Dir     string
	Environ []string
	cli.Streams
	// Importer makes a definition of what builds images already.
	Importer companion.Program
	// Starter asks for a definition to begin with, whatever the project has.
	Starter bool
	// Yes answers every question: to import what was found first, and to change .gitlab-ci.yml.
	Yes bool

	answers *bufio.Scanner
}

// Create writes a definition, unless the project has one, and includes what it compiles to in .gitlab-ci.yml. If something in the
// project builds images already, it offers to import that. It prints what it found and wrote.
func (r Request) Create(ctx context.Context) error {
	r.answers = bufio.NewScanner(r.In)
	has, err := r.hasDefinition()
	if err != nil {
		return err
	}
	isImported := false
	if has == "" {
		if isImported, err = r.define(ctx); err != nil {
			return err
		}
	} else if r.Starter {
		return cli.Usagef("%s exists already; nothing was written", has)
	}
	isChanged, err := r.include(ctx, isImported)
	switch {
	case err != nil:
		return err
	case has != "" && !isChanged:
		fmt.Fprintf(r.Out, "%s exists, and the pipeline includes what it compiles to: there is nothing to do\n", has)
		return nil
	}
	first := "edit stemma.yaml"
	if isImported {
		first = "do what the report asks for, git add what was written"
	}
	fmt.Fprintf(r.Out, "next: %s, run `stemma compile`, commit all of it, and run `stemma check`\n", first)
	return r.offer()
}

// hasDefinition is the project's definition, or empty.
func (r Request) hasDefinition() (string, error) {
	tree, err := r.open()
	if err != nil {
		return "", err
	}
	defer tree.Close()
	for _, file := range []string{definition.YAMLFile, definition.CUEFile} {
		if _, err := fs.Stat(tree, file); err == nil {
			return file, nil
		}
	}
	return "", nil
}

func (r Request) open() (*worktree.Tree, error) {
	return project.OpenTree(r.Dir, cli.Lookup(r.Environ))
}

// define writes the definition: an imported one, or one to begin with.
func (r Request) define(ctx context.Context) (isImported bool, err error) {
	tree, err := r.open()
	if err != nil {
		return false, err
	}
	defer tree.Close()
	if !r.Starter {
		if err := r.requireNone(tree); err != nil {
			return false, err
		}
		found, err := r.origins(ctx)
		if err != nil {
			return false, err
		}
		if chosen, err := r.choose(found); err != nil || chosen != nil {
			return true, errors.Join(err, r.imports(ctx, chosen))
		}
	}
	return false, r.write(tree, worktree.Change{Path: definition.YAMLFile, Content: firstDefinition})
}

// requireNone looks for a definition with another name, and for one in a folder above.
func (r Request) requireNone(tree fs.FS) error {
	if other := definition.Misnamed(tree); other != "" {
		return cli.Usagef("%s is not read: rename it with `git mv %s %s`; nothing was written", other, other, definition.YAMLFile)
	}
	above, err := definitionAbove(r.Dir)
	if err != nil || above == "" {
		return err
	}
	return cli.Usagef("this folder is in a project with the definition %s: add the images there, or run `stemma init --starter` for a definition of its own; nothing was written", above)
}

// origins looks for what builds images, also in files that git does not have yet.
func (r Request) origins(ctx context.Context) ([]origin, error) {
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return nil, cli.Usagef("open the project: %w", err)
	}
	defer root.Close()
	files, err := worktree.NewFiles(ctx, root)
	if err != nil {
		return nil, err
	}
	return find(files)
}

func (r Request) write(tree *worktree.Tree, change worktree.Change) error {
	if err := tree.Apply([]worktree.Change{change}); err != nil {
		return err
	}
	fmt.Fprintln(r.Out, change)
	return nil
}

// choose asks which of the origins to import; nil is none of them.
func (r Request) choose(found []origin) (*origin, error) {
	if len(found) == 0 {
		return nil, nil
	}
	fmt.Fprintln(r.Out, "This project builds images already:")
	for i, o := range found {
		fmt.Fprintf(r.Out, "  %d  %s: %s\n", i+1, o.What, o.Command())
	}
	if _, err := r.Importer.Find(); err != nil {
		return nil, err
	}
	if r.Yes {
		return &found[0], nil
	}
	answer, ok := r.ask("Import which of them? Its number, s for a new definition instead, or Enter to write nothing: ")
	if ok && answer == "s" {
		return nil, nil
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(found) {
		return &found[n-1], nil
	}
	return nil, cli.Usagef("nothing was written: run one of these commands, or `stemma init --starter` for a new definition")
}

// ask returns the answer to a question; ok is false at the end of the input.
func (r Request) ask(question string) (answer string, ok bool) {
	fmt.Fprintf(r.Out, "%s", question)
	if ok = r.answers.Scan(); !ok {
		fmt.Fprintln(r.Out)
	}
	return strings.ToLower(strings.TrimSpace(r.answers.Text())), ok
}

// imports runs an import.
func (r Request) imports(ctx context.Context, chosen *origin) error {
	if chosen == nil {
		return nil
	}
	program, err := r.Importer.Find()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, program, append([]string{"-C", r.Dir}, chosen.arguments()...)...)
	command.Env, command.Stdout, command.Stderr = append(slices.Clone(r.Environ), companion.Init+"=1"), r.Out, r.Err
	err = command.Run()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited) && exited.Exited():
		return cli.ErrFindings // the import has said why
	case err != nil:
		return fmt.Errorf("%s: %w", chosen.Command(), err)
	}
	return nil
}
