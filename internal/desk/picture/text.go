package picture

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Text returns the graph as a tree. Each image is shown once with its tag, below its base. Below its other parents there is a line that
// refers to it.
func (g Graph) Text(look terminal.Look) string {
	g = g.settled()
	t := tree{images: map[string]Image{}, children: map[node][]child{}, deepest: deepest}
	if look.Width > 0 {
		t.deepest = min(deepest, max(1, look.Width/2/widestIndent))
	}
	for _, image := range g.Images {
		t.images[image.Name] = image
		for _, parent := range image.Parents {
			t.children[parent.node()] = append(t.children[parent.node()], child{image.Name, parent})
		}
	}
	for _, n := range g.nodes() {
		if _, hasBase := t.images[n.name].base(); n.isOutside || !hasBase {
			t.roots = append(t.roots, n)
		}
	}
	var branches []terminal.Branch
	for len(t.roots) > 0 {
		root := t.roots[0]
		t.roots = t.roots[1:]
		branches = append(branches, t.branch(root, 0))
	}
	if len(branches) == 0 {
		return "no images\n"
	}
	return look.Tree(branches)
}

type tree struct {
	images   map[string]Image
	children map[node][]child
	// deepest is how many levels of branches a root has at most.
	deepest int
	// roots grows while the tree is drawn: a branch that is too deep becomes a root.
	roots []node
}

type child struct {
	name string
	link Parent
}

const (
	// deepest is how many levels of branches a root has at most on lines of any length. On a terminal, half of the width is for names and tags.
	deepest = 30
	// widestIndent is how many columns a level takes at most.
	widestIndent = 4
)

func (t *tree) branch(n node, depth int) terminal.Branch {
	b := terminal.Branch{Name: n.name, Style: terminal.Cyan}
	image := t.images[n.name]
	if !n.isOutside {
		b.Column, b.Style, b.Note = image.Tag, styles[image.State], strings.Join(image.remarks(), "; ")
	}
	if depth == t.deepest && len(t.children[n]) > 0 {
		t.roots = append(t.roots, n)
		b.Note = "continues below"
		return b
	}
	for _, c := range t.children[n] {
		if base, _ := t.images[c.name].base(); base == c.link {
			b.Below = append(b.Below, t.branch(node{name: c.name}, depth+1))
		} else {
			b.Below = append(b.Below, t.reference(c))
		}
	}
	if !n.isOutside {
		for _, project := range image.Dependents {
			b.Below = append(b.Below, terminal.Branch{Name: project, Style: terminal.Cyan, Note: "is rebuilt in another project"})
		}
	}
	return b
}

var styles = map[State]terminal.Style{
	"": terminal.Bold, Added: terminal.Green, Removed: terminal.Red, Changed: terminal.Yellow, Rebuilt: terminal.Yellow, Unchanged: terminal.Dim,
}

// remarks are the state and the notes of an image.
func (i Image) remarks() []string {
	if i.State == "" {
		return i.Notes
	}
	return append([]string{string(i.State)}, i.Notes...)
}

// reference is the line of an image that is shown elsewhere.
func (t *tree) reference(c child) terminal.Branch {
	note := "uses its files"
	if c.link.Link == After {
		note = "is built after it"
	}
	if base, ok := t.images[c.name].base(); ok {
		note += ", shown under " + base.Name
	} else {
		note += ", shown as a root"
	}
	return terminal.Branch{Name: c.name, Style: terminal.Dim, Note: note}
}
