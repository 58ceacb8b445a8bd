package terminal

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Table aligns the columns of rows, without spaces at the ends of lines. No cell controls the terminal.
func Table(rows [][]string) string {
	var b strings.Builder
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Line(cell)
		}
		fmt.Fprintln(columns, strings.Join(cells, "\t"))
	}
	_ = columns.Flush() // a Builder takes everything
	return b.String()
}
