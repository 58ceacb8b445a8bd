package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

func newRootCommand(commands []*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "stemma",
		Short: "Compile image definitions to static GitLab CI, and run the jobs it compiles",
		Long: "Compile image definitions to static GitLab CI, and run the jobs it compiles.\n\n" +
			"`stemma init` writes the first definition of a project, and `stemma compile` compiles it.",
		Version:       schema.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          NoArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Flags().Bool("version", false, "print the version")
	root.SetVersionTemplate("stemma {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return UsageError{similarFlag(cmd, err)} })
	root.PersistentFlags().StringP("directory", "C", ".", "the project's folder")
	root.AddCommand(commands...)
	root.AddCommand(newVersionCommand())
	root.SetHelpCommand(newHelpCommand(root))
	return root
}

// NoArguments refuses arguments, an unknown command among them, as wrong usage.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return nil
}

// unknownCommand is the error about an argument where only the name of a command may be; it proposes a similar one.
func unknownCommand(cmd *cobra.Command, arg string) error {
	return Usagef("unknown command or argument %q for %q%s", arg, cmd.CommandPath(), diagnostic.DidYouMean(arg, visibleCommands(cmd)))
}

// visibleCommands returns the names of the commands that the help lists.
func visibleCommands(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// similarFlag adds the flag with a similar name to the error about a flag that does not exist.
func similarFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	nearest, ok := diagnostic.Nearest(unknown.GetSpecifiedName(), names)
	if !ok {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, nearest)
}

// newHelpCommand is cobra's, but an unknown command is wrong usage.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Print the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			command, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(command, rest[0])
			}
			command.InitDefaultHelpFlag()
			return command.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			command, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return visibleCommands(command), cobra.ShellCompDirectiveNoFileComp
		},
	}
}
