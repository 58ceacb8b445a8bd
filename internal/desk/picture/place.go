package picture

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Sizes in pixels.
const (
	// charWidth is the width of a character of a monospaced font of 12 pixels, and some more: fonts differ.
	charWidth  = 7.4
	boxHeight  = 38.0
	boxPadding = 10.0
	rowGap     = 10.0
	columnGap  = 56.0
	margin     = 20.0
	// longestLabel is how many characters of a name are shown.
	longestLabel = 44
	// mostInColumn is how many images that lead to the same images one parent has below each other. More are placed as a grid.
	mostInColumn = 6
	gridPadding  = 8.0
	// lowest is how far below the first row of its descendants a box is at most. So the reader finds it at the top of a tall picture.
	lowest = 3 * (boxHeight + rowGap)
)

// box is where an image, or a parent outside, is drawn.
type box struct {
	node
	image       Image
	x, y, width float64
	// index is that in placement.boxes.
	index int
	// lines begin at the box.
	lines []line
	// grid is nil for a box that is in none.
	grid *grid
}

// grid is a frame around many boxes that have the same main parent, or none, and lead to the same images. The lines from that parent end at
// the frame, and the lines to those images begin there. None of the boxes is a main parent.
type grid struct {
	parent              *box
	boxes               []*box
	rows, columns       int
	cell                float64
	x, y, width, height float64
}

// line connects two boxes.
type line struct {
	from, to *box
	link     Link
}

// placement has the boxes of a graph and the lines between them, from left to right.
type placement struct {
	boxes         []*box
	grids         []*grid
	width, height float64

	byNode   map[node]*box
	children map[*box][]*box
	// columns are the left edges of the columns. An image is in the column right of all its parents.
	columns []float64
	column  map[*box]int
}

// place places the boxes of a graph. Each is below or beside those that share its base, and right of its parents. Nothing else is in the
// rows of a box and its descendants, so that boxes never overlap.
func place(g Graph) *placement {
	p := &placement{byNode: map[node]*box{}, children: map[*box][]*box{}, column: map[*box]int{}}
	images := map[string]Image{}
	for _, image := range g.Images {
		images[image.Name] = image
	}
	for _, n := range g.nodes() {
		b := &box{node: n, index: len(p.boxes)}
		if !n.isOutside {
			b.image = images[n.name]
		}
		b.width = widthOf(b)
		p.byNode[n] = b
		p.boxes = append(p.boxes, b)
	}
	roots := p.connect()
	p.findGrids(nil, roots)
	for _, b := range p.boxes {
		p.findGrids(b, p.children[b])
	}
	p.findColumns()
	p.rows(roots, margin)
	for _, b := range p.boxes {
		p.width, p.height = max(p.width, b.x+b.width+gridPadding+margin), max(p.height, b.y+boxHeight+gridPadding+margin)
	}
	return p
}

// widthOf returns the width of a box that shows its name, or its tag and state, whichever is wider.
func widthOf(b *box) float64 {
	below := utf8.RuneCountInString(b.image.Tag) + utf8.RuneCountInString(string(b.image.State)) + 2
	return float64(min(longestLabel, max(utf8.RuneCountInString(b.name), below)))*charWidth + 2*boxPadding
}

// connect finds the lines and the children of the boxes, and returns the boxes that are below none.
func (p *placement) connect() (roots []*box) {
	for _, b := range p.boxes {
		main, hasMain := b.image.main()
		for _, parent := range b.image.Parents {
			from := p.byNode[parent.node()]
			from.lines = append(from.lines, line{from, b, parent.Link})
			if hasMain && parent == main {
				p.children[from] = append(p.children[from], b)
			}
		}
		if !hasMain {
			roots = append(roots, b)
		}
	}
	return roots
}

// findGrids finds the grids among the children of a box.
func (p *placement) findGrids(parent *box, children []*box) {
	groups := map[string]*grid{}
	var order []*grid
	for _, child := range children {
		if len(p.children[child]) > 0 || child.image.isProject {
			continue
		}
		var leadsTo strings.Builder
		for _, l := range child.lines {
			fmt.Fprintln(&leadsTo, l.to.index, l.link)
		}
		key := leadsTo.String()
		if groups[key] == nil {
			groups[key] = &grid{parent: parent}
			order = append(order, groups[key])
		}
		groups[key].boxes = append(groups[key].boxes, child)
	}
	for _, g := range order {
		if len(g.boxes) > mostInColumn {
			p.grids = append(p.grids, g)
			g.measure()
		}
	}
}

// measure finds the size of a grid that is up to twice as wide as high.
func (g *grid) measure() {
	for _, b := range g.boxes {
		b.grid = g
		g.cell = max(g.cell, b.width+rowGap)
	}
	count := len(g.boxes)
	g.rows = max(mostInColumn, int(math.Sqrt(float64(count)*g.cell/(boxHeight+rowGap)/2)))
	g.columns = (count + g.rows - 1) / g.rows
	g.rows = (count + g.columns - 1) / g.columns
	g.width = float64(g.columns)*g.cell - rowGap + 2*gridPadding
	g.height = float64(g.rows)*(boxHeight+rowGap) - rowGap + 2*gridPadding
}

// findColumns finds the columns. The boxes are sorted, so those of the parents are known. A column is as wide as its boxes, and as those
// grids whose boxes are parents. Nothing is right of other grids.
func (p *placement) findColumns() {
	var widths []float64
	for _, b := range p.boxes {
		for _, parent := range b.image.Parents {
			p.column[b] = max(p.column[b], p.column[p.byNode[parent.node()]]+1)
		}
		if p.column[b] == len(widths) {
			widths = append(widths, 0)
		}
		widths[p.column[b]] = max(widths[p.column[b]], b.width)
	}
	for _, g := range p.grids {
		column := p.columnOf(g)
		if len(g.boxes[0].lines) > 0 {
			widths[column] = max(widths[column], g.width)
		}
	}
	left := margin
	for _, width := range widths {
		p.columns = append(p.columns, left)
		left += width + columnGap
	}
}

// columnOf returns the column where a grid begins, which is right of all parents of its boxes.
func (p *placement) columnOf(g *grid) (column int) {
	for _, b := range g.boxes {
		column = max(column, p.column[b])
	}
	return column
}

// rows places boxes and all below them in the rows from y on, and returns the next free row. Those that are no parents come first.
func (p *placement) rows(boxes []*box, y float64) float64 {
	for _, isFirst := range []bool{true, false} {
		for _, b := range boxes {
			if isLeaf := len(b.lines) == 0 && !b.image.isProject; isLeaf != isFirst {
				continue
			}
			switch {
			case b.grid == nil:
				y = p.subtree(b, y)
			case b.grid.boxes[0] == b:
				y = p.grid(b.grid, y)
			}
		}
	}
	return y
}

// subtree places a box and all below it in the rows from y on, and returns the next free row.
func (p *placement) subtree(b *box, y float64) float64 {
	b.x, b.y = p.columns[p.column[b]], y
	if len(p.children[b]) == 0 {
		return y + boxHeight + rowGap
	}
	next := p.rows(p.children[b], y)
	b.y = y + min(lowest, (next-y-rowGap-boxHeight)/2)
	return next
}

// grid places the boxes of a grid, and returns the next free row.
func (p *placement) grid(g *grid, y float64) float64 {
	g.x, g.y = p.columns[p.columnOf(g)], y
	for i, b := range g.boxes {
		b.x, b.y = g.x+gridPadding+float64(i/g.rows)*g.cell, y+gridPadding+float64(i%g.rows)*(boxHeight+rowGap)
	}
	return y + g.height + rowGap
}
