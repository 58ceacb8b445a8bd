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
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw the images and what they are built from",
		Args:  cli.NoArguments,
	}
	format := formatFlag(cmd, "mermaid", "dot", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		chosen, err := format()
		if err != nil {
			return err
		}
		p, err := openProject(cmd, getenv)
		if err != nil {
			return err
		}
		defer p.close()
		if p.found.HasErrors() {
			return p.print(cmd, std, getenv, "text")
		}
		edges := edgesOf(p.result.Graph)
		switch chosen {
		case "dot":
			_, err = io.WriteString(cmd.OutOrStdout(), edges.dot())
		case "json":
			err = encodeJSON(cmd.OutOrStdout(), edges)
		default:
			_, err = io.WriteString(cmd.OutOrStdout(), edges.mermaid())
		}
		return err
	}
	return cmd
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

// edge leads from a parent to its child. An outside parent is no image of the project.
type edge struct {
	Parent  string `json:"parent"`
	Child   string `json:"child"`
	Outside bool   `json:"outside,omitempty"`
	IsBase  bool   `json:"base,omitempty"`
}

func edgesOf(graph *lineage.Graph) drawing {
	d := drawing{Images: []drawnImage{}, Edges: []edge{}}
	for _, image := range graph.Images {
		d.Images = append(d.Images, drawnImage{image.Name, image.Tag.String()})
		for _, parent := range image.Parents {
			d.Edges = append(d.Edges, edge{parent.String(), image.Name, parent.Image == nil, parent.IsBase})
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
		if e.IsBase {
			arrow = "-->"
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
		if !e.IsBase {
			style = " [style=dashed]"
		}
		fmt.Fprintf(&b, "  %q -> %q%s;\n", e.Parent, e.Child, style)
	}
	b.WriteString("}\n")
	return b.String()
}
