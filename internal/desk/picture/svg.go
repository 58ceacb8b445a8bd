package picture

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

//go:embed web/colours.css
var colours string

// SVG writes the graph as a picture that needs no other file. It has the colours of the reader's system, light or dark.
func (g Graph) SVG(w io.Writer) error {
	p := place(g.settled().withDependents())
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="title desc">`+"\n", int(p.width), int(p.height))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s, each right of the images that it is built from. A dashed line leads to an image that uses files, a dotted line to one that is only built later, and a line of dots and dashes to a project that the image pokes.</desc>\n",
		escape(g.Title), terminal.Count(len(g.Images), "image"))
	fmt.Fprintf(&b, "<style>\n%s.page { fill: var(--page); }\n</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n", colours)
	for _, g := range p.grids {
		fmt.Fprintf(&b, "<rect class=\"grid\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"8\"/>\n", g.x, g.y, g.width, g.height)
		if g.parent != nil {
			p.writeLine(&b, g.parent.x+g.parent.width, g.parent.y+boxHeight/2, g.x, g.y+g.height/2, Base)
		}
		for _, l := range g.boxes[0].lines {
			p.writeLine(&b, g.x+g.width, g.y+g.height/2, l.to.x, l.to.y+boxHeight/2, l.link)
		}
	}
	for _, box := range p.boxes {
		for _, l := range box.lines {
			if isToFrame := l.to.grid != nil && l.to.grid.parent == box; box.grid == nil && !isToFrame {
				p.writeLine(&b, box.x+box.width, box.y+boxHeight/2, l.to.x, l.to.y+boxHeight/2, l.link)
			}
		}
	}
	for _, box := range p.boxes {
		box.write(&b)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeLine writes a line that bends before the next column, and then stays in the row where it ends: there are no boxes in its way.
func (p *placement) writeLine(out *strings.Builder, x1, y1, x2, y2 float64, link Link) {
	column, _ := slices.BinarySearch(p.columns, x1)
	end := min(p.columns[column], x2)
	middle := (max(end-columnGap, x1) + end) / 2
	fmt.Fprintf(out, "<path class=\"edge %s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fL%.1f %.1f\"/>\n", link, x1, y1, middle, y1, middle, y2, end, y2, x2, y2)
}

func (b *box) write(out *strings.Builder) {
	class := "box"
	if b.isOutside || b.image.isProject {
		class += " outside"
	}
	if b.image.State != "" {
		class += " " + escape(string(b.image.State))
	}
	fmt.Fprintf(out, "<g class=\"%s\" transform=\"translate(%.1f %.1f)\"><title>%s</title><rect width=\"%.1f\" height=\"%g\" rx=\"6\"/>", class, b.x, b.y, escape(b.name), b.width, boxHeight)
	if b.image.Tag == "" && b.image.State == "" {
		fmt.Fprintf(out, "<text x=\"%g\" y=\"23\">%s</text>", boxPadding, escape(shorten(b.name)))
	} else {
		fmt.Fprintf(out, "<text x=\"%[1]g\" y=\"16\">%[2]s</text><text class=\"tag\" x=\"%[1]g\" y=\"31\">%[3]s</text>", boxPadding, escape(shorten(b.name)), escape(shorten(b.image.Tag)))
	}
	if b.image.State != "" {
		fmt.Fprintf(out, "<text class=\"state\" x=\"%.1f\" y=\"31\">%s</text>", b.width-boxPadding, escape(string(b.image.State)))
	}
	out.WriteString("</g>\n")
}

// escape returns a text without control characters, as XML.
func escape(text string) string { return html.EscapeString(terminal.Line(text)) }

// shorten leaves out the middle of a name that is too long: names often differ in the beginning and the end.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= longestLabel {
		return name
	}
	runes := []rune(name)
	return string(runes[:longestLabel/2-1]) + "…" + string(runes[len(runes)-longestLabel/2:])
}
