package importcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/bakefiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/containerfiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// newImportContainerfilesCommand is `stemma import containerfiles [PATH]`.
func newImportContainerfilesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return importCommand{
		kind: "containerfiles", short: "Import a tree of Containerfiles or Dockerfiles, or a docker-bake or compose file", preset: ".",
		run: (*importing).containerfiles, more: true,
	}.command(std, getenv)
}

func (i *importing) containerfiles() error {
	named, err := i.named()
	if err != nil {
		return err
	}
	root, folder, err := i.tree()
	if err != nil {
		return err
	}
	defer root.Close()
	files, err := worktree.NewFiles(i.ctx, root)
	if err != nil {
		return err
	}
	if isDone, err := i.importBakeFiles(files, named, folder); isDone || err != nil {
		return err
	}
	return i.importTree(root, folder, containerfiles.Import)
}

// named are the files that the command line names, below the folder that is written to, which becomes the tree then; there may be
// none.
func (i *importing) named() ([]string, error) {
	info, err := os.Stat(i.below(i.path))
	if err != nil || !info.Mode().IsRegular() {
		if len(i.with) > 0 {
			return nil, cli.UsageError{Err: errors.New("--with needs a docker-bake file as PATH")}
		}
		return nil, nil
	}
	var names []string
	for _, file := range append(slices.Clone(i.with), i.path) {
		name, isBelow := i.place(file)
		switch _, err := os.Stat(i.below(file)); {
		case err != nil:
			return nil, cli.UsageError{Err: fmt.Errorf("there is no file %s", file)}
		case len(i.with) > 0 && bakefiles.IsCompose(file):
			return nil, cli.UsageError{Err: fmt.Errorf("--with is for docker-bake files, and %s is none", file)}
		case !isBelow:
			return nil, cli.UsageError{Err: fmt.Errorf("the Containerfiles stay where they are, so --out must be the folder of %s or one above it", file)}
		}
		names = append(names, name)
	}
	i.path = i.out
	return names, nil
}

// rootName is what an image at the top of the tree is called: as the folder, or as the project.
func (i *importing) rootName() string {
	if i.project != "" {
		return i.project[strings.LastIndexByte(i.project, '/')+1:]
	}
	if full, err := filepath.Abs(i.below(i.path)); err == nil {
		return filepath.Base(full)
	}
	return "image"
}

// importBakeFiles imports what docker-bake or compose files build, those that are named or those of the tree. It returns false
// where there is no such file, or none that builds anything.
func (i *importing) importBakeFiles(tree fs.FS, named []string, folder string) (bool, error) {
	names := named
	if len(names) == 0 {
		names = bakefiles.Find(tree)
	}
	if len(names) == 0 {
		return false, nil
	}
	files, made, found, err := bakefiles.Import(
		bakefiles.Source{Tree: importer.Tree{FS: tree, Name: i.path, Root: i.rootName()}, Files: names}, importer.Target{Folder: folder, Project: i.project},
	)
	if err != nil {
		return true, err
	}
	if len(files) == 0 && !found.HasErrors() {
		if len(named) > 0 {
			return true, cli.UsageError{Err: fmt.Errorf("%s builds nothing", strings.Join(named, " and "))}
		}
		return false, nil
	}
	return true, i.finish(files, made, found)
}
