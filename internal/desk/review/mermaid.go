package review

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
)

// MaxMermaid is how many characters of diagrams GitLab draws in a comment without a click: MAX_CHAR_LIMIT in its render_sandboxed_mermaid.js.
const MaxMermaid = 2000

// mermaid returns a flowchart of the images that the change touches, with their parents and dependents. If it is too long, it has no images that
// are only rebuilt because of others, and isShort is true. There is none if that is too long, too, or empty.
func (r Review) mermaid() (drawing string, isShort bool) {
	if drawing = r.flowchart(picture.Unchanged, ""); len(drawing) <= MaxMermaid {
		return drawing, false
	}
	if drawing = r.flowchart(picture.Unchanged, "", picture.Rebuilt); len(drawing) <= MaxMermaid {
		return drawing, true
	}
	return "", false
}

// flowchart draws the images in other states than some: https://mermaid.js.org/syntax/flowchart.html.
func (r Review) flowchart(hidden ...picture.State) string {
	f := &flowchart{ids: map[string]string{}}
	f.WriteString("flowchart LR\n")
	for _, image := range r.Graph.Images {
		if slices.Contains(hidden, image.State) {
			continue
		}
		id := f.node("image", image.Name, string(image.State))
		for _, parent := range image.Parents {
			arrow := "-.->"
			if parent.Link == picture.Base {
				arrow = "-->"
			}
			fmt.Fprintf(f, "%s%s%s\n", f.node("image", parent.Name, ""), arrow, id)
		}
		for _, dependent := range image.Dependents {
			fmt.Fprintf(f, "%s-.->%s\n", id, f.node("project", dependent, ""))
		}
	}
	f.WriteString("classDef added fill:#c3e6cd,color:#000\nclassDef removed fill:#fdd4cd,color:#000\nclassDef changed fill:#f5d9a8,color:#000\nclassDef rebuilt fill:#cbe2f9,color:#000\n")
	if len(f.ids) == 0 {
		return ""
	}
	return f.String()
}

// flowchart is a diagram under construction, with the ids of its nodes.
type flowchart struct {
	strings.Builder
	ids map[string]string
}

// node returns the id of a node, and adds the node if it is new. A class adds the state to its text: colours alone say too little.
func (f *flowchart) node(kind, name, class string) string {
	key := kind + " " + name
	id, isKnown := f.ids[key]
	if !isKnown {
		id = fmt.Sprintf("n%d", len(f.ids))
		f.ids[key] = id
	}
	switch {
	case class != "":
		fmt.Fprintf(f, "%s[\"%s: %s\"]:::%s\n", id, label(name), class, class)
	case !isKnown:
		fmt.Fprintf(f, "%s([\"%s\"])\n", id, label(name))
	}
	return id
}

// label returns a name as text of a node: other characters than those of image names are numbers, as in `#35;`.
func label(name string) string {
	var out strings.Builder
	for _, r := range name {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./:-_ ", r) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, "#%d;", r)
		}
	}
	return out.String()
}
