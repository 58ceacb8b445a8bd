package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/citemplates"
)

// newImportCiTemplatesCommand is `stemma import ci-templates [FILE]`.
func newImportCiTemplatesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "ci-templates [FILE]",
		Short: "Import the images that a .gitlab-ci.yml builds with ci-templates",
		Args:  atMostOne("file"),
	}
	flags.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		i, err := flags.begin(cmd, std, getenv, args, ".gitlab-ci.yml")
		if err != nil {
			return err
		}
		root, err := os.OpenRoot(i.dir)
		if err != nil {
			return cli.UsageError{Err: fmt.Errorf("open the project: %w", err)}
		}
		defer root.Close()
		files, made, found, err := citemplates.Import(citemplates.Source{Tree: root.FS(), Name: i.path}, i.project)
		if errors.Is(err, fs.ErrNotExist) {
			return cli.UsageError{Err: fmt.Errorf("there is no %s", i.path)}
		}
		if err != nil {
			return err
		}
		return i.finish(files, made, found)
	}
	return cmd
}
