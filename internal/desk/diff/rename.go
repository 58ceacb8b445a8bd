package diff

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// pair finds the earlier name of each image: its own name, or that of an image that is gone and had the same inputs. Parents come first.
func (c *comparison) pair() error {
	for _, image := range c.new.images {
		if c.old.byName[image.Name] != nil {
			c.was[image.Name], c.is[image.Name] = image.Name, image.Name
		}
	}
	gone := slices.DeleteFunc(slices.Clone(c.old.images), func(image *lineage.Image) bool { return c.is[image.Name] != "" })
	for _, image := range c.new.images {
		if c.was[image.Name] != "" || len(gone) == 0 {
			continue
		}
		key, err := identityOf(image, nil)
		if err != nil {
			return err
		}
		for i, candidate := range gone {
			other, err := identityOf(candidate, c.is)
			if err != nil {
				return err
			}
			if key == other {
				c.was[image.Name], c.is[candidate.Name] = candidate.Name, image.Name
				gone = slices.Delete(gone, i, i+1)
				break
			}
		}
	}
	return nil
}

// identityOf returns the inputs of an image as text: without its name and the paths of its files, and with the present names of its parents.
func identityOf(image *lineage.Image, names map[string]string) (string, error) {
	fields := map[string]any{"distribution": image.Distribution + " " + image.Version}
	structure := reflect.ValueOf(image.Image).Elem()
	for _, f := range schema.Leaves(structure.Type()) {
		if f.Hash == "yes" && f.Key != "" && !f.IsPath && !isOrigin(f) {
			fields[f.Name] = plain(structure.FieldByIndex(f.Index))
		}
	}
	var parents, files []string
	for _, parent := range image.Parents {
		name := parent.String()
		if renamed := names[name]; parent.Image != nil && renamed != "" {
			name = renamed
		}
		parents = append(parents, name+" "+parent.Digest)
	}
	contents, err := filesOf(image)
	if err != nil {
		return "", err
	}
	for name, sum := range contents {
		files = append(files, path.Base(name)+" "+sum)
	}
	slices.Sort(files)
	return describe(fields) + "\n" + strings.Join(parents, " ") + "\n" + strings.Join(files, " "), nil
}

// isOrigin reports whether a field selects what an image is built on.
func isOrigin(f schema.Field) bool {
	return slices.Contains([]string{"Distribution", "Version", "Base", "Parents"}, f.Name)
}

// filesOf returns the files of an image with their hashes, without those that define it.
func filesOf(image *lineage.Image) (map[string]string, error) {
	files := map[string]string{}
	for _, contents := range image.Contents {
		sums, err := contents.Each()
		if err != nil {
			return nil, err
		}
		for name, sum := range sums {
			if !slices.Contains(image.Declarations, name) {
				files[name] = sum
			}
		}
	}
	return files, nil
}

// origin says what an image is built on.
func origin(image *lineage.Image) string {
	base, ok := image.Base()
	switch {
	case image.Image.Base == (definition.Base{}) && image.Distribution != "":
		return strings.TrimSpace(image.Distribution + " " + image.Version)
	case ok:
		return base.String()
	default:
		return "scratch"
	}
}
