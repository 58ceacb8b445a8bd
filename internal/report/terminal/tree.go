package terminal

import (
	"strings"
	"unicode/utf8"
)

// Branch is a line of a tree with the branches below it.
type Branch struct {
	// Name is the beginning of the line, in Style.
	Name  string
	Style Style
	// Column is aligned over all lines of the tree, and Note follows it.
	Column, Note string
	// Lines are printed below the name. One that is too wide continues on the next line.
	Lines []string
	Below []Branch
}

// widestName limits how far a column of a tree is from the left: a single long name does not move it.
const widestName = 48

// Tree returns trees as text. Other people's text in it cannot control the terminal. A line with a name is cut if it is wider than the look allows.
func (l Look) Tree(roots []Branch) string {
	p := treePrinter{look: l, corner: "`-- ", fork: "|-- ", bar: "|   "}
	if l.IsUTF8 {
		p.corner, p.fork, p.bar = "└─ ", "├─ ", "│  "
	}
	for _, root := range roots {
		p.measure(root, 0)
	}
	for _, root := range roots {
		p.print(root, "", "")
	}
	return p.out.String()
}

type treePrinter struct {
	look              Look
	corner, fork, bar string
	// column is where the column begins.
	column int
	out    strings.Builder
}

func (p *treePrinter) measure(b Branch, depth int) {
	width := depth*utf8.RuneCountInString(p.bar) + utf8.RuneCountInString(b.Name)
	if b.Column != "" && width <= widestName {
		p.column = max(p.column, width)
	}
	for _, below := range b.Below {
		p.measure(below, depth+1)
	}
}

// print prints a branch after the connectors to its left. The branches below it have others.
func (p *treePrinter) print(b Branch, before, beforeBelow string) {
	line := []part{{Dim, before}, {b.Style, b.Name}}
	if b.Column != "" {
		gap := max(0, p.column-utf8.RuneCountInString(before+b.Name)) + 2
		line = append(line, part{Normal, strings.Repeat(" ", gap) + b.Column})
	}
	if b.Note != "" {
		line = append(line, part{Dim, "  " + b.Note})
	}
	p.line(line...)
	blank := strings.Repeat(" ", utf8.RuneCountInString(p.bar))
	left := beforeBelow + blank
	if len(b.Below) > 0 {
		left = beforeBelow + p.bar
	}
	for _, text := range b.Lines {
		p.paragraph(left, text)
	}
	for i, below := range b.Below {
		if i == len(b.Below)-1 {
			p.print(below, beforeBelow+p.corner, beforeBelow+blank)
		} else {
			p.print(below, beforeBelow+p.fork, beforeBelow+p.bar)
		}
	}
}

// narrowest is how many columns a paragraph has at least, however deep it is in the tree.
const narrowest = 12

// paragraph prints a text in as many lines as it needs. It breaks no word: people copy references and addresses.
func (p *treePrinter) paragraph(left, text string) {
	width := max(narrowest, p.look.Width-utf8.RuneCountInString(left))
	var line []string
	used := 0
	flush := func() {
		p.out.WriteString(p.look.Paint(Dim, left) + strings.Join(line, " ") + "\n")
		line, used = nil, 0
	}
	for _, word := range strings.Split(Line(text), " ") {
		size := utf8.RuneCountInString(word) + 1
		if p.look.Width > 0 && len(line) > 0 && used+size-1 > width {
			flush()
		}
		line, used = append(line, word), used+size
	}
	flush()
}

// part is a part of a line.
type part struct {
	style Style
	text  string
}

func (p *treePrinter) line(parts ...part) {
	left := p.look.Width
	for _, part := range parts {
		text := Line(part.text)
		if p.look.Width > 0 {
			if left <= 0 {
				break
			}
			text = p.look.Cut(text, left)
			left -= utf8.RuneCountInString(text)
		}
		p.out.WriteString(p.look.Paint(part.style, text))
	}
	p.out.WriteByte('\n')
}
