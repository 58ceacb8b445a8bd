package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/bakefiles"
	"gitlab.com/stemma-ci/stemma/internal/importer/containerfiles"
)

// newImportContainerfilesCommand is `stemma import containerfiles [PATH]`.
func newImportContainerfilesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return importCommand{
		kind: "containerfiles", short: "Import a tree of Containerfiles or Dockerfiles, or a docker-bake or compose file", preset: ".",
		run: (*importing).containerfiles,
	}.command(std, getenv)
}

func (i *importing) containerfiles() error {
	file := ""
	if info, err := os.Stat(i.below(i.path)); err == nil && info.Mode().IsRegular() {
		name, isBelow := i.placed()
		if !isBelow {
			return cli.UsageError{Err: fmt.Errorf("the Containerfiles stay where they are, so --out must be the folder of %s or one above it", i.path)}
		}
		file, i.path = name, i.out
	}
	root, folder, err := i.tree()
	if err != nil {
		return err
	}
	defer root.Close()
	if isDone, err := i.importBakeFiles(root.FS(), file, folder); isDone || err != nil {
		return err
	}
	files, made, found, err := containerfiles.Import(
		containerfiles.Source{Tree: root.FS(), Name: i.path, Root: i.rootName()}, containerfiles.Target{Folder: folder, Project: i.project},
	)
	if err != nil {
		return err
	}
	return i.finish(files, made, found)
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

// importBakeFiles imports what docker-bake or compose files build, the one that is named or those of the tree. It returns false
// where there is no such file, or none that builds anything.
func (i *importing) importBakeFiles(tree fs.FS, file, folder string) (bool, error) {
	names := bakefiles.Find(tree)
	if file != "" {
		names = []string{file}
	}
	if len(names) == 0 {
		return false, nil
	}
	files, made, found, err := bakefiles.Import(
		bakefiles.Source{Tree: tree, Name: i.path, Files: names, Root: i.rootName()}, bakefiles.Target{Folder: folder, Project: i.project},
	)
	if err != nil {
		return true, err
	}
	if len(files) == 0 && !found.HasErrors() {
		if file != "" {
			return true, cli.UsageError{Err: fmt.Errorf("%s builds nothing", file)}
		}
		return false, nil
	}
	return true, i.finish(files, made, found)
}
