package picture

import (
	"math"
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
	// mostInColumn is how many images that are no parents one parent has below each other. More are placed as a grid.
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
	// isInGrid tells whether the line from the base ends at the frame of a grid.
	isInGrid bool
	// isParent is true if a line begins at the box.
	isParent bool
}

// grid is a frame around many images that have one base and are no parents.
type grid struct {
	parent              *box
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
	lines         []line
	grids         []grid
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
		b := &box{node: n}
		if !n.isOutside {
			b.image = images[n.name]
		}
		b.width = widthOf(b)
		p.byNode[n] = b
		p.boxes = append(p.boxes, b)
	}
	roots := p.connect()
	p.findColumns()
	y := margin
	for _, root := range roots {
		y = p.subtree(root, y)
	}
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
			from.isParent = true
			p.lines = append(p.lines, line{from, b, parent.Link})
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

// findColumns finds the columns. The boxes are sorted, so those of the parents are known.
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
	left := margin
	for _, width := range widths {
		p.columns = append(p.columns, left)
		left += width + columnGap
	}
}

// subtree places a box and all below it in the rows from y on, and returns the next free row.
func (p *placement) subtree(b *box, y float64) float64 {
	b.x, b.y = p.columns[p.column[b]], y
	var leaves, others []*box
	for _, child := range p.children[b] {
		if !child.isParent && !child.image.isProject {
			leaves = append(leaves, child)
		} else {
			others = append(others, child)
		}
	}
	next := p.leaves(b, leaves, y)
	for _, child := range others {
		next = p.subtree(child, next)
	}
	if len(leaves)+len(others) == 0 {
		return y + boxHeight + rowGap
	}
	b.y = y + min(lowest, (next-y-rowGap-boxHeight)/2)
	return next
}

// leaves places those children of a box that no other image is right of, and returns the next free row.
func (p *placement) leaves(parent *box, leaves []*box, y float64) float64 {
	if len(leaves) > mostInColumn {
		return p.grid(parent, leaves, y)
	}
	for _, leaf := range leaves {
		leaf.x, leaf.y = p.columns[p.column[leaf]], y
		y += boxHeight + rowGap
	}
	return y
}

// grid places boxes in a grid that is up to twice as wide as high.
func (p *placement) grid(parent *box, leaves []*box, y float64) float64 {
	left, width := 0.0, 0.0
	for _, leaf := range leaves {
		left, width = max(left, p.columns[p.column[leaf]]), max(width, leaf.width)
	}
	rows := max(mostInColumn, int(math.Sqrt(float64(len(leaves))*(width+rowGap)/(boxHeight+rowGap)/2)))
	columns := (len(leaves) + rows - 1) / rows
	rows = (len(leaves) + columns - 1) / columns
	top := y + gridPadding
	for i, leaf := range leaves {
		leaf.x, leaf.y, leaf.isInGrid = left+gridPadding+float64(i/rows)*(width+rowGap), top+float64(i%rows)*(boxHeight+rowGap), true
	}
	g := grid{parent, left, y, float64(columns)*(width+rowGap) - rowGap + 2*gridPadding, float64(rows)*(boxHeight+rowGap) - rowGap + 2*gridPadding}
	p.grids = append(p.grids, g)
	return y + g.height + rowGap
}
