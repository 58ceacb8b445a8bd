package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/containerfiles"
)

// newImportContainerfilesCommand is `stemma import containerfiles [TREE]`.
func newImportContainerfilesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "containerfiles [TREE]",
		Short: "Import a tree of Containerfiles or Dockerfiles",
		Args:  atMostOne("path"),
	}
	flags.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		i, err := flags.begin(cmd, std, getenv, args, ".")
		if err != nil {
			return err
		}
		root, err := os.OpenRoot(i.below(i.path))
		if err != nil {
			return cli.UsageError{Err: fmt.Errorf("open the tree: %w", err)}
		}
		defer root.Close()
		folder, isBelow := i.placed()
		if !isBelow {
			return cli.UsageError{Err: fmt.Errorf("the Containerfiles stay where they are, so --out must be %s or a folder above it", i.path)}
		}
		files, made, found, err := containerfiles.Import(
			containerfiles.Source{Tree: root.FS(), Name: i.path, Root: i.rootName()},
			containerfiles.Target{Folder: folder, Project: i.project},
		)
		if err != nil {
			return err
		}
		return i.finish(files, made, found)
	}
	return cmd
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
