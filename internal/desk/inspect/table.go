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

	// origins has the parents of each image, and the base of its distribution.
	origins [][]string
}

// ExplainAll explains all images.
func ExplainAll(p *project.Project) Table {
	t := Table{Images: explanations(p)}
	for _, image := range p.Graph.Images {
		var names []string
		for _, parent := range image.Origins() {
			names = append(names, parent.String())
		}
		t.origins = append(t.origins, names)
	}
	return t
}

// Text returns a line for each image. The longest column, the parents, is the last, so that a narrow terminal cuts that one.
func (t Table) Text(look terminal.Look) string {
	if len(t.Images) == 0 {
		return "no images\n"
	}
	var b strings.Builder
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "IMAGE\tTAG\tCHILDREN\tJOBS\tPARENTS")
	for i, e := range t.Images {
		fmt.Fprintf(columns, "%s\t%s\t%d\t%d\t%s\n", terminal.Line(e.Image), terminal.Line(e.Tag), len(e.Children), len(e.Jobs), terminal.Line(orNone(t.origins[i])))
	}
	_ = columns.Flush() // a Builder does not fail
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = look.Cut(line, look.Width)
	}
	lines[0] = look.Paint(terminal.Bold, lines[0])
	return strings.Join(lines, "\n")
}
