package dockerpkg

import (
	"io/fs"
	"path"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// copies returns the files of all images, for a folder that does not hold the tree.
func (c *conversion) copies() ([]importer.File, error) {
	var out []importer.File
	seen := map[string]bool{}
	for _, i := range c.tree.images {
		err := fs.WalkDir(c.tree.fsys, i.folder, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil || entry.IsDir() || seen[name]:
				return err
			case name == path.Join(i.folder, "Dockerfile"):
				return nil // docker-pkg's own takes its place
			case !entry.Type().IsRegular():
				c.report.Look(c.tree.at(name, 0, 0), "no file", "links are not copied; make it anew")
				return nil
			}
			seen[name] = true
			info, err := entry.Info()
			if err != nil {
				return err
			}
			content, ok := c.tree.read(name)
			if ok {
				out = append(out, importer.File{Path: path.Join(c.target.Folder, name), Content: content, Executable: info.Mode()&0o100 != 0})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
