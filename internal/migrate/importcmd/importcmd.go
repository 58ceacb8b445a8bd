// Package importcmd is the command line of `stemma import`.
package importcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// New returns the command `stemma import`, with one command for each kind of project.
func New(std cli.Streams, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Make a definition of images that another system builds",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.UsageError{Err: fmt.Errorf("`stemma import` needs a kind: %s", strings.Join(kinds(cmd), ", "))}
		},
	}
	cmd.AddCommand(
		newImportCiTemplatesCommand(std, getenv), newImportContainerfilesCommand(std, getenv), newImportDockerPkgCommand(std, getenv),
		newImportGipgeeCommand(std, getenv), newImportGitLabCICommand(std, getenv), newImportZuulCommand(std, getenv),
	)
	return cmd
}

func kinds(cmd *cobra.Command) []string {
	var names []string
	for _, kind := range cmd.Commands() {
		names = append(names, kind.Name())
	}
	return names
}

// importing is one run of an import: what it reads, and where its files go.
type importing struct {
	std    cli.Streams
	getenv func(string) string
	// ctx ends when the command is interrupted.
	ctx context.Context //nolint:containedctx // a run is one command
	// dir is the folder of -C, path the argument PATH, and out the value of --out; the last two are relative to dir.
	dir, path, out string
	force          bool
	// project is the project's path on GitLab, or empty.
	project string
	// with are further files to read.
	with []string
}

// importFlags are the flags of every kind.
type importFlags struct {
	out, project string
	force        bool
	with         []string
}

func (f *importFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.out, "out", ".", "the folder to write to")
	cmd.Flags().StringVar(&f.project, "project", "", "the project's path on GitLab, group/name")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite files that exist")
}

// begin returns the run of a command line; otherwise is PATH where none is given.
func (f *importFlags) begin(cmd *cobra.Command, std cli.Streams, getenv func(string) string, args []string, otherwise string) (*importing, error) {
	dir, err := cmd.Flags().GetString("directory")
	if err != nil {
		return nil, err
	}
	i := &importing{std: std, ctx: cmd.Context(), getenv: getenv, dir: dir, path: otherwise, out: f.out, force: f.force, project: f.project, with: f.with}
	if len(args) > 0 {
		i.path = filepath.ToSlash(filepath.Clean(args[0]))
	}
	return i, nil
}

// below returns a path as the system has it, from the folder of -C.
func (i *importing) below(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(i.dir, name)
}

// placed returns the path of the imported file or tree relative to the output folder, and whether it is in that folder.
func (i *importing) placed() (string, bool) { return i.place(i.path) }

// place is placed for any path.
func (i *importing) place(name string) (string, bool) {
	from, err := filepath.Abs(i.below(name))
	if err != nil {
		return "", false
	}
	to, err := filepath.Abs(i.below(i.out))
	if err != nil {
		return "", false
	}
	relative, err := filepath.Rel(to, from)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return path.Base(filepath.ToSlash(from)), false
	}
	return filepath.ToSlash(relative), true
}

// print prints the findings; the error is cli.ErrFindings where one of them is an error.
func (i *importing) print(found diagnostic.List) error {
	source := func(file string) []byte {
		content, err := worktree.ReadFile(i.ctx, i.below(file))
		if err != nil {
			return nil
		}
		return content
	}
	if err := report.Text(i.std.Err, found, source, cli.Look(i.std.Err, i.getenv).IsColoured); err != nil {
		return err
	}
	if found.HasErrors() {
		return cli.ErrFindings
	}
	return nil
}

// write writes the files into a folder, all of them or none, and says how many.
func (i *importing) write(folder string, files []importer.File) error {
	dir := i.below(folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder to write to: %w", err)
	}
	tree, err := worktree.Open(dir, "")
	if err != nil {
		return err
	}
	defer tree.Close()
	if err := importer.Write(tree, files, i.force); err != nil {
		var exists *importer.ExistsError
		if errors.As(err, &exists) {
			return cli.UsageError{Err: err}
		}
		return err
	}
	_, err = fmt.Fprintf(i.std.Out, "wrote %s to %s\n", terminal.Count(len(files), "file"), folder)
	return err
}

// finish prints what an import found, writes its files, and prints its report.
func (i *importing) finish(files []importer.File, made *importer.Report, found diagnostic.List) error {
	if err := i.print(found); err != nil {
		return err
	}
	if !i.force {
		extended, err := importer.Extend(os.DirFS(i.below(i.out)), files, made)
		if err != nil {
			return cli.UsageError{Err: err}
		}
		files = extended
	}
	if err := i.write(i.out, files); err != nil {
		return err
	}
	if err := made.Text(i.std.Out); err != nil {
		return err
	}
	if i.getenv(companion.Init) != "" {
		return nil // it says what is next
	}
	_, err := fmt.Fprintln(i.std.Out, "\nnext: git add what was written, run `stemma compile`, then `stemma init` to include the compiled file in .gitlab-ci.yml, and commit all of it")
	return err
}

// read reads a file that the command line names; a missing one is an error of the command line.
func (i *importing) read(name string) ([]byte, error) {
	content, err := worktree.ReadFile(i.ctx, i.below(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.UsageError{Err: fmt.Errorf("there is no file %s", name)}
	}
	return content, err
}
