package inspect

import (
	"fmt"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/review"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Drawing is the graph of a project's images.
type Drawing struct {
	Images []Image `json:"images"`
	Edges  []Edge  `json:"edges"`

	picture picture.Graph
}

// Image is a node of the graph.
type Image struct {
	Name string `json:"name"`
	Tag  string `json:"tag"`
	// Dependents are projects in which the image starts pipelines, each with the ref.
	Dependents []string `json:"dependents,omitempty"`
}

// Edge connects a parent with its child, or an image with one that is only built after it. An outside parent is not an image of the
// project.
type Edge struct {
	Parent  string `json:"parent"`
	Child   string `json:"child"`
	Outside bool   `json:"outside,omitempty"`
	IsBase  bool   `json:"base,omitempty"`
	IsAfter bool   `json:"after,omitempty"`
}

// Draw returns the drawing of a project's graph.
func Draw(p *project.Project) Drawing {
	d := Drawing{Images: []Image{}, Edges: []Edge{}, picture: Picture(p)}
	for _, image := range d.picture.Images {
		d.Images = append(d.Images, Image{image.Name, image.Tag, image.Dependents})
		for _, parent := range image.Parents {
			d.Edges = append(d.Edges, Edge{parent.Name, image.Name, parent.IsOutside, parent.Link == picture.Base, parent.Link == picture.After})
		}
	}
	return d
}

// Write writes the drawing in a format: "text", "svg", "html", "mermaid" or "dot".
func (d Drawing) Write(w io.Writer, format string, look terminal.Look) error {
	var err error
	switch format {
	case "svg":
		err = d.picture.SVG(w)
	case "html":
		err = d.picture.HTML(w)
	case "mermaid":
		_, err = io.WriteString(w, d.Mermaid())
	case "dot":
		_, err = io.WriteString(w, d.Dot())
	default:
		_, err = io.WriteString(w, d.picture.Text(look))
	}
	return err
}

// Mermaid returns the drawing as a flowchart, https://mermaid.js.org/syntax/flowchart.html.
func (d Drawing) Mermaid() string {
	var b strings.Builder
	const (
		inProject = `%s["%s"]`
		outside   = `%s(["%s"])`
		project   = `%s[["%s"]]`
	)
	type node struct{ name, shape string }
	ids := map[node]string{}
	id := func(name, shape string) string {
		n := node{name, shape}
		if ids[n] == "" {
			ids[n] = fmt.Sprintf("n%d", len(ids))
			fmt.Fprintf(&b, "  "+shape+"\n", ids[n], name)
		}
		return ids[n]
	}
	edges := len(d.Edges)
	for _, image := range d.Images {
		id(image.Name, inProject)
	}
	for _, e := range d.Edges {
		arrow := "-.->"
		switch {
		case e.IsBase:
			arrow = "-->"
		case e.IsAfter:
			arrow = "-.->|after|"
		}
		shape := inProject
		if e.Outside {
			shape = outside
		}
		from := id(e.Parent, shape)
		fmt.Fprintf(&b, "  %s %s %s\n", from, arrow, id(e.Child, inProject))
	}
	for _, image := range d.Images {
		for _, dependent := range image.Dependents {
			to := id(dependent, project)
			fmt.Fprintf(&b, "  %s -.->|pokes| %s\n", id(image.Name, inProject), to)
			edges++
		}
	}
	return "graph TD\n" + mermaidRemark(edges, b.Len()) + b.String()
}

// mostEdges and mostCharacters are the defaults of maxEdges and maxTextSize, https://mermaid.js.org/config/schema-docs/config.html.
const mostEdges, mostCharacters = 500, 50_000

// mermaidRemark is a comment in a diagram that is too large to be drawn, or else empty.
func mermaidRemark(edges, characters int) string {
	switch size := fmt.Sprintf("%%%% %d edges and %d characters: ", edges, characters); {
	case edges > mostEdges || characters > mostCharacters:
		return size + fmt.Sprintf("Mermaid draws at most %d edges and %d characters. Use the format svg or html.\n", mostEdges, mostCharacters)
	case characters > review.MaxMermaid:
		return size + fmt.Sprintf("GitLab draws a diagram of more than %d characters in a comment only after a click.\n", review.MaxMermaid)
	default:
		return ""
	}
}

// Dot returns the drawing in the language of Graphviz, https://graphviz.org/doc/info/lang.html.
func (d Drawing) Dot() string {
	var b strings.Builder
	b.WriteString("digraph images {\n")
	for _, image := range d.Images {
		fmt.Fprintf(&b, "  %q;\n", image.Name)
	}
	for _, e := range d.Edges {
		style := ""
		switch {
		case e.IsAfter:
			style = " [style=dotted]"
		case !e.IsBase:
			style = " [style=dashed]"
		}
		fmt.Fprintf(&b, "  %q -> %q%s;\n", e.Parent, e.Child, style)
	}
	for _, image := range d.Images {
		for _, dependent := range image.Dependents {
			fmt.Fprintf(&b, "  %q -> %q [style=dashed, label=pokes];\n", image.Name, dependent)
		}
	}
	b.WriteString("}\n")
	return b.String()
}
