package inspect

import (
	"strconv"
	"strings"

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
	rows := [][]string{{"IMAGE", "TAG", "CHILDREN", "JOBS", "PARENTS"}}
	for _, e := range t.Images {
		rows = append(rows, []string{e.Image, e.Tag, strconv.Itoa(len(e.Children)), strconv.Itoa(len(e.Jobs)), orNone(e.Parents)})
	}
	lines := strings.Split(terminal.Table(rows), "\n")
	for i, line := range lines {
		lines[i] = look.Cut(line, look.Width)
	}
	lines[0] = look.Paint(terminal.Bold, lines[0])
	return strings.Join(lines, "\n")
}
