// Package fairycmd is the command line of `stemma fairy`, which takes the arguments of freedesktop's ci-fairy.
package fairycmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairy"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// fairyCommands is what the commands of ci-fairy have in common.
type fairyCommands struct {
	std      cli.Streams
	environ  []string
	getenv   func(string) string
	authFile string
	verbose  int
}

// New returns the command `stemma fairy`.
func New(std cli.Streams, environ []string) *cobra.Command {
	f := &fairyCommands{std: std, environ: environ, getenv: cli.Lookup(environ)}
	command := &cobra.Command{
		Use:   "fairy",
		Short: "Run the commands of freedesktop's ci-fairy",
		Args:  cli.NoArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.PersistentFlags().StringVar(&f.authFile, "authfile", "", "a file that holds an access token of GitLab; CI_JOB_TOKEN is used without one")
	command.PersistentFlags().CountVarP(&f.verbose, "verbose", "v", "accepted and ignored")
	command.AddCommand(f.generateTemplate(), f.checkCommits(), f.checkMergeRequest(), f.deleteImage(), f.waitForPipeline(), f.lint(), f.s3cp())
	return command
}

// client asks GitLab with the token of the authentication file, or else with the job's own.
func (f *fairyCommands) client() (*gitlab.Client, error) {
	address := f.getenv("CI_API_V4_URL")
	if server := f.getenv("CI_SERVER_URL"); address == "" && server != "" {
		address = server + "/api/v4"
	}
	token := gitlab.NewToken(gitlab.Job, f.getenv("CI_JOB_TOKEN"), "CI_JOB_TOKEN")
	if f.authFile != "" {
		secret, err := os.ReadFile(f.authFile)
		if err != nil {
			return nil, cli.UsageError{Err: fmt.Errorf("--authfile: %w", err)}
		}
		token = gitlab.NewToken(gitlab.Private, strings.TrimSpace(string(secret)), f.authFile)
	}
	transport, err := gitlab.NewTransport(f.getenv("CI_SERVER_TLS_CA_FILE"), f.getenv(schema.VarTimeouts))
	if err != nil {
		return nil, err
	}
	client, err := gitlab.NewClient(gitlab.Config{API: address, Token: token, Transport: transport})
	if err != nil {
		return nil, cli.UsageError{Err: fmt.Errorf("CI_API_V4_URL: %w", err)}
	}
	return client, nil
}

// project is the one that a flag names, or else the pipeline's.
func (f *fairyCommands) project(named string) (gitlab.Project, error) {
	if named == "" {
		named = f.getenv("CI_PROJECT_PATH")
	}
	project, err := gitlab.ParseProject(named)
	if err != nil {
		err = cli.UsageError{Err: fmt.Errorf("--project or CI_PROJECT_PATH: %w", err)}
	}
	return project, err
}

// conclude prints what checks found, writes the JUnit report where one is wanted, and ends with a failure if there is one.
func (f *fairyCommands) conclude(junit, suite string, results []report.TestResult) error {
	failed := false
	for _, result := range results {
		if result.Failure != "" {
			failed = true
			fmt.Fprintf(f.std.Err, "%s\n  %s\n", terminal.Line(result.Name), terminal.Text(strings.ReplaceAll(result.Failure, "\n", "\n  ")))
		}
	}
	if junit != "" {
		file, err := os.Create(junit)
		if err != nil {
			return err
		}
		err = report.JUnit(file, suite, results)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrFindings
	}
	return nil
}

// below is where a path that is given to a command leads: from the folder, unless it is absolute.
func below(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

func (f *fairyCommands) waitForPipeline() *cobra.Command {
	var project string
	w := gitlab.Wait{Pause: gitlab.Pause}
	var seconds int
	command := &cobra.Command{
		Use: "wait-for-pipeline", Short: "Wait until the newest pipeline of a commit has ended, and fail if it did", Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			if w.Project, err = f.project(project); err != nil {
				return err
			}
			w.Interval = time.Duration(max(seconds, 1)) * time.Second
			passed, err := client.WaitForPipeline(cmd.Context(), w, f.std.Out)
			if err == nil && !passed {
				return cli.ErrFindings
			}
			return err
		},
	}
	command.Flags().StringVar(&project, "project", "", "the project; the pipeline's own unless given")
	command.Flags().StringVar(&w.SHA, "sha", f.getenv("CI_COMMIT_SHA"), "the commit")
	command.Flags().IntVar(&seconds, "interval", 30, "seconds between two questions")
	return command
}

func (f *fairyCommands) deleteImage() *cobra.Command {
	var project string
	var d fairy.Deletion
	command := &cobra.Command{
		Use: "delete-image", Short: "Delete tags of images in the project's registry", Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (d.Repository == "") == !d.All || d.Tag != "" && d.Exclude != "" || d.All && f.authFile == "" {
				return cli.UsageError{Err: errors.New("delete-image needs --repository, or --all with --authfile; and --tag or --exclude-tag, not both")}
			}
			client, err := f.client()
			if err != nil {
				return err
			}
			if d.Project, err = f.project(project); err != nil {
				return err
			}
			return fairy.DeleteImages(cmd.Context(), client, d, f.std.Out)
		},
	}
	command.Flags().StringVar(&project, "project", "", "the project; the pipeline's own unless given")
	command.Flags().StringVar(&d.Repository, "repository", "", `the repository below the project, such as fedora/43 or "fedora/*"`)
	command.Flags().StringVar(&d.Tag, "tag", "", "the tag to delete, or a pattern; all of them unless given")
	command.Flags().StringVar(&d.Exclude, "exclude-tag", "", "the tag to keep, or a pattern")
	command.Flags().BoolVar(&d.All, "all", false, "all repositories of the project")
	command.Flags().BoolVar(&d.DryRun, "dry-run", false, "only say what would be deleted")
	return command
}

func (f *fairyCommands) lint() *cobra.Command {
	var project, file string
	command := &cobra.Command{
		Use: "lint", Short: "Ask GitLab whether a CI configuration is valid", Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			target, err := f.project(project)
			if err != nil {
				return err
			}
			content, err := os.ReadFile(below(cli.Folder(cmd), file))
			if err != nil {
				return cli.UsageError{Err: err}
			}
			said, err := client.Lint(cmd.Context(), target, string(content))
			if err != nil {
				return fmt.Errorf("ask GitLab about %s: %w", file, err)
			}
			for _, warning := range said.Warnings {
				fmt.Fprintf(f.std.Err, "%s: warning: %s\n", file, terminal.Text(warning))
			}
			for _, wrong := range said.Errors {
				fmt.Fprintf(f.std.Err, "%s: %s\n", file, terminal.Text(wrong))
			}
			if !said.Valid {
				return cli.ErrFindings
			}
			return nil
		},
	}
	command.Flags().StringVar(&project, "project", "", "the project; the pipeline's own unless given")
	command.Flags().StringVar(&file, "filename", pipelineFile, "the file")
	return command
}

func (f *fairyCommands) s3cp() *cobra.Command {
	var tokenFile string
	command := &cobra.Command{
		Use: "s3cp SOURCE TARGET", Short: "Copy a file to or from an object store",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return cli.UsageError{Err: errors.New("s3cp needs a file and an address, in the order of the copy")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := os.ReadFile(tokenFile)
			if err != nil {
				return cli.UsageError{Err: fmt.Errorf("--token-file: %w", err)}
			}
			transport, err := gitlab.NewTransport("", f.getenv(schema.VarTimeouts))
			if err != nil {
				return err
			}
			return fairy.NewStore(transport, strings.TrimSpace(string(token))).Copy(cmd.Context(), args[0], args[1])
		},
	}
	command.Flags().StringVar(&tokenFile, "token-file", "", "the file that holds the token")
	return command
}

// write writes to a file, or to the standard output.
func (f *fairyCommands) write(file, content string) error {
	if file == "" || file == "-" {
		_, err := io.WriteString(f.std.Out, content)
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}
