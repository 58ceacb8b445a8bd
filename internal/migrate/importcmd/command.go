package importcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// importCommand is `stemma import KIND [PATH]` of one kind.
type importCommand struct {
	kind, short string
	// preset is PATH where none is given.
	preset string
	run    func(i *importing) error
	// more says that --with names further files.
	more bool
}

func (c importCommand) command(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{Use: c.kind + " [PATH]", Short: c.short, Args: cli.AtMostOne("path")}
	flags.add(cmd)
	if c.more {
		cmd.Flags().StringArrayVar(&flags.with, "with", nil, "a docker-bake file that is read before PATH, as with several --file of docker buildx bake")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		i, err := flags.begin(cmd, std, getenv, args, c.preset)
		if err != nil {
			return err
		}
		return c.run(i)
	}
	return cmd
}

// readFile is an import of one file of a project.
type readFile func(tree fs.FS, name, project string) ([]importer.File, *importer.Report, diagnostic.List, error)

// importFile runs an import of one file: PATH is the file, or a folder that has it under its usual name.
func importFile(usual string, read readFile) func(i *importing) error {
	return func(i *importing) error {
		if info, err := os.Stat(i.below(i.path)); err == nil && info.IsDir() {
			i.path = path.Join(i.path, usual)
		}
		root, err := os.OpenRoot(i.dir)
		if err != nil {
			return cli.UsageError{Err: fmt.Errorf("open the project: %w", err)}
		}
		defer root.Close()
		tree, err := worktree.NewFiles(i.ctx, root)
		if err != nil {
			return err
		}
		files, made, found, err := read(tree, i.path, i.project)
		if errors.Is(err, fs.ErrNotExist) {
			return cli.UsageError{Err: fmt.Errorf("there is no %s", i.path)}
		}
		if err != nil {
			return err
		}
		return i.finish(files, made, found)
	}
}

// readTree is an import of a tree.
type readTree func(tree importer.Tree, target importer.Target) ([]importer.File, *importer.Report, diagnostic.List, error)

// importTree runs an import of the tree at PATH.
func (i *importing) importTree(root *os.Root, folder string, read readTree) error {
	tree, err := worktree.NewFiles(i.ctx, root)
	if err != nil {
		return err
	}
	files, made, found, err := read(importer.Tree{FS: tree, Name: i.path, Root: i.rootName()}, importer.Target{Folder: folder, Project: i.project})
	if err != nil {
		return err
	}
	return i.finish(files, made, found)
}

// tree opens the folder of PATH, whose files stay where they are; folder is its path below the one that is written to.
func (i *importing) tree() (root *os.Root, folder string, err error) {
	if info, err := os.Stat(i.below(i.path)); err == nil && !info.IsDir() {
		return nil, "", cli.UsageError{Err: fmt.Errorf("%s is no folder and no regular file", i.path)}
	}
	if root, err = os.OpenRoot(i.below(i.path)); err != nil {
		return nil, "", cli.UsageError{Err: fmt.Errorf("open the tree: %w", err)}
	}
	folder, isBelow := i.placed()
	if !isBelow {
		_ = root.Close()
		return nil, "", cli.UsageError{Err: fmt.Errorf("the Containerfiles stay where they are, so --out must be %s or a folder above it", i.path)}
	}
	return root, folder, nil
}
