package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// reportFile is a file that gets the findings in a format.
type reportFile struct{ format, file string }

// reportsFlag adds --report, and returns a function that returns its values.
func reportsFlag(cmd *cobra.Command, formats []string) func() ([]reportFile, error) {
	values := cmd.Flags().StringArray("report", nil, "a file that gets the findings, too, as FORMAT=FILE; the formats are those of --format; may be repeated")
	return func() ([]reportFile, error) {
		reports := make([]reportFile, len(*values))
		for i, value := range *values {
			format, file, _ := strings.Cut(value, "=")
			if !slices.Contains(formats, format) || file == "" {
				return nil, cli.Usagef("--report is %q: write FORMAT=FILE, with one of the formats %s", value, strings.Join(formats, ", "))
			}
			reports[i] = reportFile{format, file}
		}
		return reports, nil
	}
}

// write writes the findings of a project to the file.
func (r reportFile) write(p *project.Project) error {
	var out bytes.Buffer
	if err := p.Print(cli.Streams{Out: &out, Err: &out}, r.format); err != nil && !errors.Is(err, cli.ErrFindings) {
		return err
	}
	if err := os.WriteFile(r.file, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
