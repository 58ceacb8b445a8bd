package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func newGraphCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return projectCommand{
		use:     "graph",
		short:   "Draw the images and their parents",
		formats: []string{"mermaid", "dot", "json"},
		run: func(p *project, format string, _ []string) error {
			if p.found.HasErrors() {
				return p.print("text")
			}
			return edgesOf(p.result.Graph).print(p.std.Out, format)
		},
	}.command(std, getenv)
}

func (d drawing) print(w io.Writer, format string) error {
	switch format {
	case "json":
		return encodeJSON(w, d)
	case "dot":
		_, err := io.WriteString(w, d.dot())
		return err
	default:
		_, err := io.WriteString(w, d.mermaid())
		return err
	}
}

// drawing is the graph as `graph --format json` prints it.
type drawing struct {
	Images []drawnImage `json:"images"`
	Edges  []edge       `json:"edges"`
}

type drawnImage struct {
	Name string `json:"name"`
	Tag  string `json:"tag"`
}

// edge leads from a parent to its child, or from an image to one that is only built after it. An outside parent is no image of the
// project.
type edge struct {
	Parent  string `json:"parent"`
	Child   string `json:"child"`
	Outside bool   `json:"outside,omitempty"`
	IsBase  bool   `json:"base,omitempty"`
	IsAfter bool   `json:"after,omitempty"`
}

func edgesOf(graph *lineage.Graph) drawing {
	d := drawing{Images: []drawnImage{}, Edges: []edge{}}
	for _, image := range graph.Images {
		d.Images = append(d.Images, drawnImage{image.Name, image.Tag.String()})
		for _, parent := range image.Parents {
			d.Edges = append(d.Edges, edge{parent.String(), image.Name, parent.Image == nil, parent.IsBase, false})
		}
		for _, before := range image.After {
			d.Edges = append(d.Edges, edge{Parent: before.Name, Child: image.Name, IsAfter: true})
		}
	}
	return d
}

func (d drawing) mermaid() string {
	var b strings.Builder
	ids := map[string]string{}
	id := func(name string, outside bool) string {
		key := name + strconv.FormatBool(outside)
		if ids[key] == "" {
			ids[key] = fmt.Sprintf("n%d", len(ids))
			shape := `%s["%s"]`
			if outside {
				shape = `%s(["%s"])`
			}
			fmt.Fprintf(&b, "  "+shape+"\n", ids[key], name)
		}
		return ids[key]
	}
	b.WriteString("graph TD\n")
	for _, image := range d.Images {
		id(image.Name, false)
	}
	for _, e := range d.Edges {
		arrow := "-.->"
		switch {
		case e.IsBase:
			arrow = "-->"
		case e.IsAfter:
			arrow = "-.->|after|"
		}
		from := id(e.Parent, e.Outside)
		fmt.Fprintf(&b, "  %s %s %s\n", from, arrow, id(e.Child, false))
	}
	return b.String()
}

func (d drawing) dot() string {
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
	b.WriteString("}\n")
	return b.String()
}
