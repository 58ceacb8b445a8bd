package fairycmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairy"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Where ci-fairy looks unless it is told otherwise.
const (
	pipelineFile = ".gitlab-ci.yml"
	templateFile = ".gitlab-ci/ci.template"
	configFile   = ".gitlab-ci/config.yml"
	rulesFile    = ".gitlab-ci/commit-rules.yml"
)

func (f *fairyCommands) generateTemplate() *cobra.Command {
	t := fairy.Template{}
	var output string
	var verify bool
	command := &cobra.Command{
		Use: "generate-template [TEMPLATE]", Short: "Generate " + pipelineFile + " from a Jinja2 template and a YAML file", Args: cli.AtMostOne("template"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t.Folder, t.File = cli.Folder(cmd), templateFile
			if len(args) == 1 {
				t.File = args[0]
			} else if output == "" {
				output = pipelineFile
			}
			generated, err := fairy.Generate(t)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return cli.UsageError{Err: err}
			case err != nil:
				fmt.Fprintln(f.std.Err, terminal.Text(err.Error()))
				return cli.ErrFindings
			case !verify:
				return f.write(t.Path(output), generated)
			}
			return f.verify(t.Path(output), output, generated)
		},
	}
	command.Flags().StringVar(&t.Config, "config", configFile, "the YAML file whose keys are the template's variables")
	command.Flags().StringVar(&t.Root, "root", "", "the part of it that is used, /a/b")
	command.Flags().StringVarP(&output, "output-file", "o", "", "the file to write; "+pipelineFile+" unless TEMPLATE is given, and the standard output then")
	command.Flags().BoolVar(&verify, "verify", false, "write nothing, and fail if the file is not what would be written")
	return command
}

// verify compares a file with the content that would be written to it.
func (f *fairyCommands) verify(file, named, generated string) error {
	if named == "" {
		return cli.UsageError{Err: errors.New("--verify needs the file to compare with: --output-file")}
	}
	there, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(there) == generated {
		return nil
	}
	line := 1
	for line <= len(strings.Split(generated, "\n")) && lineOf(string(there), line) == lineOf(generated, line) {
		line++
	}
	fmt.Fprintf(f.std.Err, "%s:%d: differs from the output of the template; run ci-fairy generate-template\n  is:     %s\n  should: %s\n",
		named, line, terminal.Line(lineOf(string(there), line)), terminal.Line(lineOf(generated, line)))
	return cli.ErrFindings
}

// lineOf is a line of a text, counted from one.
func lineOf(text string, number int) string {
	lines := strings.Split(text, "\n")
	if number > len(lines) {
		return ""
	}
	return lines[number-1]
}

func (f *fairyCommands) checkCommits() *cobra.Command {
	var branch, junit, rules string
	var signedOff, notSignedOff bool
	checked := fairy.Rules{}
	command := &cobra.Command{
		Use: "check-commits [RANGE]", Short: "Check the messages and authors of the commits that a branch adds", Args: cli.AtMostOne("range of commits"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case signedOff && notSignedOff:
				return cli.UsageError{Err: errors.New("--signed-off-by and --no-signed-off-by exclude each other")}
			case signedOff:
				checked.SignedOff = fairy.SignOffWanted
			case notSignedOff:
				checked.SignedOff = fairy.SignOffRefused
			}
			var err error
			if checked.Patterns, err = f.patterns(cli.Folder(cmd), rules); err != nil {
				return err
			}
			checkout := fairy.Git{Repository: git.Repository{Dir: cli.Folder(cmd), Environ: f.environ}}
			rng := strings.Join(args, "")
			if rng == "" {
				if rng, err = checkout.Range(cmd.Context(), f.getenv, branch); err != nil {
					return err
				}
			}
			commits, err := checkout.Commits(cmd.Context(), rng)
			if err == nil && checked.Signature {
				err = checkout.FindSigned(cmd.Context(), commits)
			}
			if err != nil {
				return err
			}
			results := make([]report.TestResult, len(commits))
			for i, commit := range commits {
				results[i] = report.TestResult{Name: commit.String(), Failure: strings.Join(checked.Check(commit), "\n")}
			}
			return f.conclude(junit, "check-commits", results)
		},
	}
	flags := command.Flags()
	flags.StringVar(&branch, "branch", "", "the branch that is merged into; the merge request's, or the default branch, unless given")
	flags.BoolVar(&signedOff, "signed-off-by", false, "ask for Signed-off-by lines")
	flags.BoolVar(&notSignedOff, "no-signed-off-by", false, "refuse Signed-off-by lines")
	flags.BoolVar(&checked.Signature, "gpg-signed-commit", false, "ask for commits that are signed")
	flags.IntVar(&checked.TextWidth, "textwidth", 80, "how many characters a subject may have; 0 for any number")
	flags.StringVar(&rules, "rules-file", "", "patterns that no commit may, or each must match; "+rulesFile+" if it exists")
	flags.StringVar(&junit, "junit-xml", "", "the JUnit report to write")
	return command
}

// patterns are those of the rules file, which need not exist where nobody named it.
func (f *fairyCommands) patterns(dir, file string) (fairy.Patterns, error) {
	named := file != ""
	if !named {
		file = rulesFile
	}
	patterns, err := fairy.ReadRules(below(dir, file), f.getenv)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return fairy.Patterns{}, nil
	}
	if err != nil {
		return fairy.Patterns{}, cli.UsageError{Err: err}
	}
	return patterns, nil
}

func (f *fairyCommands) checkMergeRequest() *cobra.Command {
	var collaboration bool
	var junit string
	command := &cobra.Command{
		Use: "check-merge-request", Short: "Check the settings of the pipeline's merge request", Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			wrong, err := fairy.CheckMergeRequest(cmd.Context(), client, f.getenv, collaboration)
			if err != nil {
				return err
			}
			return f.conclude(junit, "check-merge-request", []report.TestResult{{Name: "merge request", Failure: strings.Join(wrong, "\n")}})
		},
	}
	command.Flags().BoolVar(&collaboration, "require-allow-collaboration", false, "members of the project must be allowed to push to the branch")
	command.Flags().StringVar(&junit, "junit-xml", "", "the JUnit report to write")
	return command
}
