// Package server is the program stemma-cue, which evaluates CUE and fetches CUE modules for stemma.
package server

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/cue/modules"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/revision"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

var errUsage = errors.New("stemma starts this program for projects with CUE")

// Main is the program. It returns the exit code.
func Main(args, environ []string, std cli.Streams) int {
	if err := run(args[1:], environ, std); err != nil {
		fmt.Fprintln(std.Err, err)
		return 1
	}
	return 0
}

func run(args, environ []string, std cli.Streams) error {
	if len(args) < 2 {
		return errUsage
	}
	if err := limit(); err != nil {
		return err
	}
	tree, err := worktree.Open(args[1], cli.Lookup(environ)("GIT_INDEX_FILE"))
	if err != nil {
		return err
	}
	defer tree.Close()
	switch args[0] {
	case client.Evaluate:
		return evaluate(tree, args[1:], environ, std)
	case client.Fetch:
		return fetch(tree, environ, std.Out)
	default:
		return errUsage
	}
}

// evaluate serves the files of a project. The arguments are its folder, and the commit that has the files unless they are those of the folder.
func evaluate(project *worktree.Tree, args, environ []string, std cli.Streams) error {
	open := func(folder string) (fs.FS, error) { return worktree.Open(folder, "") }
	if len(args) == 1 {
		return Serve(project, open, std.In, std.Out)
	}
	files, err := revision.Open(context.Background(), git.Repository{Dir: args[0], Environ: environ}, args[1], nil)
	if err != nil {
		return err
	}
	defer files.Close()
	return Serve(files, open, std.In, std.Out)
}

// fetch prints the modules that a project needs.
func fetch(project fs.FS, environ []string, out io.Writer) error {
	needed, err := modules.Needed(context.Background(), project, environ)
	printed := client.Modules{Modules: needed}
	if err != nil {
		printed = client.Modules{Err: err.Error(), IsOutside: outside.Is(err)}
	}
	return gob.NewEncoder(out).Encode(printed)
}
