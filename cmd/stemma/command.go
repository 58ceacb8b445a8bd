package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// console has the streams and the environment of a command.
type console struct {
	cli.Streams
	environ []string
	getenv  func(string) string
}

// projectCommand is a command about the project in the folder that -C names.
type projectCommand struct {
	use, short, long string
	// formats has the values of --format, the default first. Without formats there is no such flag.
	formats []string
	// args checks the arguments; if it is nil, none are allowed.
	args cobra.PositionalArgs
	// opens compiles the project: project.Open if it is nil.
	opens func(ctx context.Context, dir string, environ []string) (*project.Project, error)
	// images lets the shell complete the names of images.
	images bool
	// passesFindings runs the command although the definition has errors: it prints them itself. Otherwise they are printed, as JSON with
	// --format json, and the command does not run.
	passesFindings bool
	run            func(ctx context.Context, p *project.Project, format string, args []string) error
}

func (c projectCommand) command(std console) *cobra.Command {
	if c.args == nil {
		c.args = cli.NoArguments
	}
	if c.opens == nil {
		c.opens = project.Open
	}
	cmd := &cobra.Command{Use: c.use, Short: c.short, Long: c.long, Args: c.args}
	if c.images {
		cmd.ValidArgsFunction = completeImages(std)
	}
	format := formatFlag(cmd, c.formats)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := format()
		if err != nil {
			return err
		}
		p, err := c.open(cmd, std, format)
		if err != nil {
			return err
		}
		defer p.Close()
		return c.run(cmd.Context(), p, format, args)
	}
	return cmd
}

// open compiles the project.
func (c projectCommand) open(cmd *cobra.Command, std console, format string) (*project.Project, error) {
	p, err := c.opens(cmd.Context(), cli.Folder(cmd), std.environ)
	if err != nil || c.passesFindings || !p.Found.HasErrors() {
		return p, err
	}
	defer p.Close()
	if format != "json" {
		format = "text"
	}
	return nil, p.Print(std.Streams, format)
}

// formatFlag adds --format, and returns a function that returns its value.
func formatFlag(cmd *cobra.Command, formats []string) func() (string, error) {
	if len(formats) == 0 {
		return func() (string, error) { return "text", nil }
	}
	list := strings.Join(formats, ", ")
	value := cmd.Flags().String("format", formats[0], "how to print: "+list)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return func() (string, error) {
		if !slices.Contains(formats, *value) {
			return "", cli.Usagef("--format is %q; it may be %s", *value, list)
		}
		return *value, nil
	}
}

// completeImages completes the names of the project's images.
func completeImages(std console) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		p, err := project.Open(cmd.Context(), cli.Folder(cmd), std.environ)
		if err != nil || p.Graph == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer p.Close()
		return p.ImageNames(), cobra.ShellCompDirectiveNoFileComp
	}
}

// oneArgument requires exactly one argument.
func oneArgument(otherwise string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return cli.Usagef("%s", otherwise)
		}
		return nil
	}
}

// show prints a value as JSON or as text.
func show(w io.Writer, format string, value any, text func() string) error {
	if format == "json" {
		return printJSON(w, value)
	}
	_, err := io.WriteString(w, text())
	return err
}

func printJSON(w io.Writer, value any) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeHidden(out.String()))
	return err
}

// escapeHidden escapes characters in JSON that control a terminal or cannot be seen; encoding/json escapes only those below U+0020.
func escapeHidden(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r < unicode.MaxASCII || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
