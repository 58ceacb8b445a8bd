package importcmd

import (
	"fmt"
	"os"
	"path"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/dockerpkg"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// newImportDockerPkgCommand is `stemma import docker-pkg [TREE]`.
func newImportDockerPkgCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var flags importFlags
	var config, render string
	cmd := &cobra.Command{
		Use:   "docker-pkg [TREE]",
		Short: "Import a tree of docker-pkg's images, or render its Dockerfiles",
		Args:  cli.AtMostOne("path"),
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&config, "config", "", "docker-pkg's configuration; config.yaml here or in TREE unless set")
	cmd.Flags().StringVar(&render, "render", "", "import nothing, but write each Dockerfile as docker-pkg renders it to a folder")
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
		tree, err := worktree.NewFiles(i.ctx, root)
		if err != nil {
			return err
		}
		source := dockerpkg.Source{Tree: tree, Name: i.path}
		if source.ConfigName, err = i.findConfig(config); err != nil {
			return err
		}
		if source.Config, err = i.read(source.ConfigName); err != nil {
			return err
		}
		if render != "" {
			return i.renderDockerPkg(source, render)
		}
		return i.importDockerPkg(source)
	}
	return cmd
}

// findConfig returns the path of the configuration: as it is named from here, or else in the tree.
func (i *importing) findConfig(name string) (string, error) {
	if name == "" {
		name = "config.yaml"
	}
	for _, candidate := range []string{name, path.Join(i.path, name)} {
		if _, err := os.Stat(i.below(candidate)); err == nil {
			return candidate, nil
		}
	}
	return "", cli.UsageError{Err: fmt.Errorf("there is no configuration %s; name docker-pkg's with --config", name)}
}

func (i *importing) renderDockerPkg(source dockerpkg.Source, out string) error {
	files, found, err := dockerpkg.Render(source)
	if err != nil {
		return err
	}
	if err := i.print(found); err != nil {
		return err
	}
	return i.write(out, files)
}

func (i *importing) importDockerPkg(source dockerpkg.Source) error {
	folder, isInside := i.placed()
	files, report, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: folder, Copy: !isInside, Project: i.project})
	if err != nil {
		return err
	}
	return i.finish(files, report, found)
}
