package cli

import (
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// AtMostOne rejects a second argument; name is what the argument is called in the error.
func AtMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return Usagef("%s takes one %s at most, and %d are given", cmd.Name(), name, len(args))
		}
		return nil
	}
}

// Folder returns the project's folder, the value of -C.
func Folder(cmd *cobra.Command) string {
	dir, err := cmd.Flags().GetString("directory")
	if err != nil {
		return "."
	}
	return dir
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// OtherFlags lists the flags of a command line that are not among some, as "--name".
func OtherFlags(cmd *cobra.Command, some []string) []string {
	var others []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(some, f.Name) {
			others = append(others, "--"+f.Name)
		}
	})
	return others
}
