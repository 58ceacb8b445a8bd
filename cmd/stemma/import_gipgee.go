package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/gipgee"
)

// gipgeeFile is the name that gipgee looks for.
const gipgeeFile = "gipgee.yml"

// newImportGipgeeCommand is `stemma import gipgee [PATH]`.
func newImportGipgeeCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "gipgee [PATH]",
		Short: "Import a gipgee.yml, in the folder of the project",
		Args:  atMostOne("path"),
	}
	flags.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		i, err := flags.begin(cmd, std, getenv, args, gipgeeFile)
		if err != nil {
			return err
		}
		if info, err := os.Stat(i.below(i.path)); err == nil && info.IsDir() {
			i.path = path.Join(i.path, gipgeeFile)
		}
		root, err := os.OpenRoot(i.dir)
		if err != nil {
			return cli.UsageError{Err: fmt.Errorf("open the project: %w", err)}
		}
		defer root.Close()
		files, made, found, err := gipgee.Import(gipgee.Source{Tree: root.FS(), Name: i.path}, i.project)
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
