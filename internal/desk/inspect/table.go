package inspect

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Table has the explanations of all images of a project, parents first.
type Table struct {
	Images []Explanation `json:"images"`
}

// ExplainAll explains all images.
func ExplainAll(p *project.Project) Table {
	return Table{Images: explanations(p)}
}

// Text returns a line for each image. The longest column, the parents, is the last, so that a narrow terminal cuts that one.
func (t Table) Text(look terminal.Look) string {
	if len(t.Images) == 0 {
		return "no images\n"
	}
	var b strings.Builder
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "IMAGE\tTAG\tCHILDREN\tJOBS\tPARENTS")
	for _, e := range t.Images {
		fmt.Fprintf(columns, "%s\t%s\t%d\t%d\t%s\n", terminal.Line(e.Image), terminal.Line(e.Tag), len(e.Children), len(e.Jobs), terminal.Line(orNone(e.Parents)))
	}
	_ = columns.Flush() // a Builder does not fail
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = look.Cut(line, look.Width)
	}
	lines[0] = look.Paint(terminal.Bold, lines[0])
	return strings.Join(lines, "\n")
}
