package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Findings are findings and what the formats need to print them.
type Findings struct {
	List diagnostic.List
	// Out receives what other programs read, and Err what people read.
	Out, Err io.Writer
	Source   Source
	// IsColoured says that Err shows colours.
	IsColoured bool
	// Folder returns the project's folder below the top of the repository.
	Folder func() (string, error)
}

// formats are all formats of findings, by the names that --format takes.
var formats = map[string]func(Findings) error{
	"text": func(f Findings) error { return Text(f.Err, f.List, f.Source, f.IsColoured) },
	"json": func(f Findings) error { return JSON(f.Out, f.List) },
	"codequality": func(f Findings) error {
		folder, err := f.Folder()
		if err != nil {
			return err
		}
		return CodeQuality(f.Out, f.List, folder)
	},
}

// Print prints findings in a format: "text", "json" or "codequality". Other names are errors.
func (f Findings) Print(format string) error {
	print, ok := formats[format]
	if !ok {
		return fmt.Errorf("findings cannot be printed as %q, only as %s", format, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	return print(f)
}
