package diff

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
)

// compareFiles compares the files of an image, and the lines of its Containerfile.
func (c *comparison) compareFiles(old, image *lineage.Image) ([]Change, error) {
	was, err := filesOf(old)
	if err != nil {
		return nil, err
	}
	is, err := filesOf(image)
	if err != nil || maps.Equal(was, is) {
		return nil, err
	}
	var changes []Change
	if old.Containerfile.Present() && image.Containerfile.Present() {
		from, to := path.Clean(old.Containerfile.Value), path.Clean(image.Containerfile.Value)
		if was[from] != is[to] {
			change, err := c.compareContainerfiles(from, to)
			if err != nil {
				return nil, err
			}
			changes = append(changes, change)
		}
		delete(was, from)
		delete(is, to)
	}
	if files := compareSums(was, is); !isEmpty(files) {
		changes = append(changes, files)
	}
	return changes, nil
}

// compareContainerfiles compares Containerfiles that differ. If their lines are the same, the ends of lines differ, or a permission.
func (c *comparison) compareContainerfiles(from, to string) (Change, error) {
	was, err := c.old.text(from)
	if err != nil {
		return Change{}, err
	}
	is, err := c.new.text(to)
	if err != nil {
		return Change{}, err
	}
	change := Change{Key: to, Lines: changedLines(was, is), IsInput: true}
	switch {
	case len(change.Lines) > 0:
	case was == is:
		change.Note = "its permissions change"
	default:
		change.Note = "only the line ends change"
	}
	return change, nil
}

func isEmpty(c Change) bool {
	return c.Move == Move{} && len(c.Added)+len(c.Removed)+len(c.Changed)+len(c.Parts)+len(c.Lines) == 0 && c.Note == ""
}

// text returns the content of a file that the compiler has read.
func (h half) text(name string) (string, error) {
	content, err := fs.ReadFile(h.Files, name)
	if err != nil {
		return "", fmt.Errorf("compare %s: %w", name, err)
	}
	return string(content), nil
}

// The hash of a file begins with its kind, see content.Set.Each.
const kindLength = 2

// compareSums compares files by their hashes.
func compareSums(was, is map[string]string) Change {
	c := Change{Key: "files", IsInput: true}
	for _, name := range keysOf(was, is) {
		before, isOld := was[name]
		switch after, isNew := is[name]; {
		case !isOld:
			c.Added = append(c.Added, name)
		case !isNew:
			c.Removed = append(c.Removed, name)
		case before == after:
		case before[kindLength:] == after[kindLength:]:
			c.Parts = append(c.Parts, Change{Key: name, Note: map[bool]string{true: "is executable now", false: "is not executable any more"}[after > before]})
		default:
			c.Changed = append(c.Changed, name)
		}
	}
	c.findMoves(was, is)
	return c
}

// findMoves turns files that are removed, and added elsewhere with the same content, into moves. Those of one folder are one move.
func (c *Change) findMoves(was, is map[string]string) {
	bySum := map[string][]string{}
	for _, name := range c.Removed {
		bySum[was[name]] = append(bySum[was[name]], name)
	}
	count := map[Move][]Move{}
	moved := map[string]bool{}
	c.Added = slices.DeleteFunc(c.Added, func(name string) bool {
		candidates := bySum[is[name]]
		if len(candidates) == 0 {
			return false
		}
		i := max(0, slices.IndexFunc(candidates, func(old string) bool { return path.Base(old) == path.Base(name) }))
		old := candidates[i]
		bySum[is[name]] = slices.Delete(candidates, i, i+1)
		moved[old] = true
		folder := folders(old, name)
		count[folder] = append(count[folder], Move{old, name})
		return true
	})
	c.Removed = slices.DeleteFunc(c.Removed, func(name string) bool { return moved[name] })
	for _, folder := range slices.SortedFunc(maps.Keys(count), func(a, b Move) int { return strings.Compare(a.Old+"\x00"+a.New, b.Old+"\x00"+b.New) }) {
		if files := count[folder]; len(files) == 1 {
			c.Parts = append(c.Parts, Change{Key: files[0].Old, Move: Move{New: files[0].New}})
		} else {
			c.Parts = append(c.Parts, Change{Key: folder.Old, Move: Move{New: folder.New}, Note: fmt.Sprintf("%d files", len(files))})
		}
	}
}

// folders returns the folders between which a file moves, without what both paths end with.
func folders(old, new string) Move {
	old, new = path.Dir(old), path.Dir(new)
	for path.Base(old) == path.Base(new) && path.Dir(old) != "." && path.Dir(new) != "." {
		old, new = path.Dir(old), path.Dir(new)
	}
	return Move{old + "/", new + "/"}
}
