package picture

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

var (
	//go:embed web/page.html
	pageSource string
	//go:embed web/page.css
	pageStyle string
	//go:embed web/page.js
	pageScript string

	page = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageSource)) })
)

// pageBox is a box as the script of the page reads it. An empty field is left out.
type pageBox struct {
	Name string `json:"name"`
	// Shown is the name in the picture, or empty if that is Name.
	Shown      string       `json:"shown,omitempty"`
	IsOutside  bool         `json:"outside,omitempty"`
	Tag        string       `json:"tag,omitempty"`
	State      State        `json:"state,omitempty"`
	X          int          `json:"x"`
	Width      int          `json:"width"`
	Parents    []pageParent `json:"parents,omitempty"`
	Dependents []string     `json:"dependents,omitempty"`
	Packages   []string     `json:"packages,omitempty"`
	Jobs       []string     `json:"jobs,omitempty"`
	Labels     []string     `json:"labels,omitempty"`
	Notes      []string     `json:"notes,omitempty"`
}

// pageParent is a parent by the index of its box.
type pageParent struct {
	Box    int  `json:"box"`
	Link   Link `json:"link"`
	IsMain bool `json:"main,omitempty"`
}

// HTML writes the graph as a page for a browser. It is a single file, and its policy forbids all requests. The script only moves boxes when
// the reader folds a part of the graph.
func (g Graph) HTML(w io.Writer) error {
	g = g.settled()
	style := colours + pageStyle
	return page().Execute(w, map[string]any{
		"Title": terminal.Line(g.Title), "Sections": g.sections(), "Boxes": pageBoxes(place(g)), "Count": terminal.Count(len(g.Images), "image"),
		"Policy": "default-src 'none'; style-src " + hashOf(style) + "; script-src " + hashOf(pageScript) + "; base-uri 'none'; form-action 'none'",
		"Style":  template.CSS(style),     //nolint:gosec // stemma's own file
		"Script": template.JS(pageScript), //nolint:gosec // stemma's own file
		"Tree":   g.Text(terminal.Look{IsUTF8: true}),
	})
}

// sections returns the sections without control characters.
func (g Graph) sections() []Section {
	sections := slices.Clone(g.Sections)
	for i, section := range sections {
		sections[i] = Section{terminal.Line(section.Heading), terminal.Text(section.Text)}
	}
	return sections
}

// hashOf is the source of a Content-Security-Policy that allows exactly one text, https://www.w3.org/TR/CSP3/#grammardef-hash-source.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func pageBoxes(p *placement) []pageBox {
	index := map[node]int{}
	boxes := make([]pageBox, len(p.boxes))
	for i, b := range p.boxes {
		index[b.node] = i
		main, hasMain := b.image.main()
		out := pageBox{
			Name: terminal.Line(b.name), IsOutside: b.isOutside, Tag: terminal.Line(b.image.Tag), State: b.image.State,
			X: int(p.columns[p.column[b]]), Width: int(b.width), Dependents: visible(b.image.Dependents), Packages: visible(b.image.Packages),
			Jobs: visible(b.image.Jobs), Notes: visible(b.image.Notes),
		}
		if shown := terminal.Line(shorten(b.name)); shown != out.Name {
			out.Shown = shown
		}
		for _, parent := range b.image.Parents {
			out.Parents = append(out.Parents, pageParent{index[parent.node()], parent.Link, hasMain && parent == main})
		}
		for _, label := range b.image.Labels {
			out.Labels = append(out.Labels, terminal.Line(label.Name+"="+label.Value))
		}
		boxes[i] = out
	}
	return boxes
}

func visible(texts []string) []string {
	var shown []string
	for _, text := range texts {
		shown = append(shown, terminal.Line(text))
	}
	return shown
}
