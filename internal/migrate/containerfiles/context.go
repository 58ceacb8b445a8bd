package containerfiles

import (
	"io/fs"
	"path"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
)

// context chooses the folder that COPY reads: of the Containerfile's own and all above it, the nearest that has the most of the
// copied files.
func (c *conversion) context(i *image) {
	own := path.Dir(i.file)
	best, missing := own, c.missing(i, own)
	for folder := own; folder != "." && len(missing) > 0; {
		folder = path.Dir(folder)
		if less := c.missing(i, folder); len(less) < len(missing) {
			best, missing = folder, less
		}
	}
	if best != own {
		i.made.Context = path.Join(c.target.Folder, best)
		c.looks.Add(c.line(i, 0), path.Join(c.tree.Name, best), "the copied files are there, so it is the context", i.made.Name)
	}
	for _, copied := range missing {
		c.report.Look(c.line(i, copied.Line), copied.Path, "it is copied, but is not in the context, %s: make it, or set another `context`", path.Join(c.tree.Name, best))
	}
}

// missing returns what is copied but is not in a folder. Patterns may match nothing, so they do not count.
func (c *conversion) missing(i *image, folder string) []containerfile.Copy {
	var out []containerfile.Copy
	for _, copied := range i.parsed.Copies {
		name := strings.TrimPrefix(path.Clean("/"+copied.Path), "/")
		if name == "" || strings.ContainsAny(name, "*?[$") {
			continue
		}
		if _, err := fs.Stat(c.tree.FS, path.Join(folder, name)); err != nil {
			out = append(out, copied)
		}
	}
	return out
}
