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
	"gitlab.com/stemma-ci/stemma/schema"
)

// Main is the program. It returns the exit code.
func Main(args, environ []string, std cli.Streams) int {
	if err := run(args, environ, std); err != nil {
		fmt.Fprintln(std.Err, err)
		return 1
	}
	return 0
}

func run(args, environ []string, std cli.Streams) error {
	if len(args) != 5 {
		return errors.New("stemma starts this program for projects with CUE")
	}
	version, command, dir, commit := args[1], args[2], args[3], args[4]
	if version != schema.Version {
		return fmt.Errorf("stemma has version %s, and %s has version %s; install the same version of both", version, args[0], schema.Version)
	}
	if err := limit(); err != nil {
		return err
	}
	tree, err := worktree.Open(dir, cli.Lookup(environ)("GIT_INDEX_FILE"))
	if err != nil {
		return err
	}
	defer tree.Close()
	switch {
	case command == client.Fetch:
		return fetch(tree, environ, std.Out)
	case commit == "":
		return serve(tree, std)
	}
	files, err := revision.Open(context.Background(), git.Repository{Dir: dir, Environ: environ}, commit, nil)
	if err != nil {
		return err
	}
	defer files.Close()
	return serve(files, std)
}

// fetch prints the modules that a project needs.
func fetch(project fs.FS, environ []string, out io.Writer) error {
	needed, err := modules.Needed(context.Background(), project, environ)
	printed := client.Modules{Modules: needed}
	if err != nil {
		printed = client.Modules{Err: err.Error(), IsOutside: outside.Is(err), IsModuleFile: errors.Is(err, client.ErrModuleFile)}
	}
	return gob.NewEncoder(out).Encode(printed)
}
