package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/zuul"
)

// newImportZuulCommand is `stemma import zuul [TREE]`.
func newImportZuulCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "zuul [TREE]",
		Short: "Import the images that a project's Zuul jobs build",
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
			return cli.UsageError{Err: fmt.Errorf("open the project: %w", err)}
		}
		defer root.Close()
		folder, isBelow := i.placed()
		if !isBelow {
			return cli.UsageError{Err: fmt.Errorf("the Containerfiles stay where they are, so --out must be %s or a folder above it", i.path)}
		}
		files, made, found, err := zuul.Import(
			zuul.Source{Tree: root.FS(), Name: i.path, Root: i.rootName()},
			zuul.Target{Folder: folder, Project: i.project},
		)
		if err != nil {
			return err
		}
		return i.finish(files, made, found)
	}
	return cmd
}
