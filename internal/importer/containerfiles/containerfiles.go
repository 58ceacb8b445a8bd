// Package containerfiles makes a definition of a tree that holds Containerfiles and nothing that says how they are built.
package containerfiles

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Source is the tree.
type Source struct {
	Tree fs.FS
	// Name is what the tree is called in findings, its path from where the command runs.
	Name string
	// Root is the name of an image whose Containerfile stands at the top.
	Root string
}

// Target is the folder of the definition.
type Target struct {
	// Folder is the tree's path below it.
	Folder string
	// Project is the project's path on GitLab, or empty.
	Project string
}

// Import returns the files of a definition: each Containerfile is an image, called after its folder, and stays where it is. The
// list has what is wrong with the Containerfiles; there are no files then.
func Import(source Source, target Target) ([]importer.File, *importer.Report, diagnostic.List, error) {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{source: source, target: target, recipes: recipes, report: &importer.Report{}}
	if err := c.find(); err != nil {
		return nil, nil, nil, err
	}
	c.name()
	definition := importer.Definition{Project: target.Project}
	for _, i := range c.images {
		definition.Images = append(definition.Images, c.image(i))
	}
	if c.found.HasErrors() || len(c.images) == 0 {
		if len(c.images) == 0 {
			c.found.Errorf(diagnostic.Import, diagnostic.Span{File: source.Name}, "there is no Containerfile and no Dockerfile here")
		}
		return nil, nil, c.found.Sorted(), nil
	}
	definition.ChooseBuild(c.report)
	c.report.Converted("%s", importer.Count(len(c.images), "image"))
	files, err := definition.Files()
	return files, c.report, c.found.Sorted(), err
}

type conversion struct {
	source Source
	target Target
	report *importer.Report
	found  diagnostic.List
	images []*image
	// recipes have the names of distributions, which no image may have.
	recipes schema.Recipes
}

// image is a Containerfile and the name of its image.
type image struct {
	file, name string
	content    string
}

// fileName matches the names that builders and people give Containerfiles, with what tells several of a folder apart.
var fileName = regexp.MustCompile(`^(?:(?:Containerfile|Dockerfile)(?:\.([A-Za-z0-9._-]+))?|([A-Za-z0-9._-]+)\.(?:Containerfile|Dockerfile))$`)

func (c *conversion) find() error {
	return fs.WalkDir(c.source.Tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "vendor"):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !fileName.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), "ignore"):
			return nil
		}
		content, err := fs.ReadFile(c.source.Tree, name)
		if err == nil {
			c.images = append(c.images, &image{file: name, content: string(content)})
		}
		return err
	})
}

// name calls each image after its folder, or after the whole path where two folders have one name.
func (c *conversion) name() {
	count := map[string]int{}
	for _, i := range c.images {
		i.name = c.nameOf(i, path.Base(path.Dir(i.file)))
		count[i.name]++
	}
	for _, i := range c.images {
		if count[i.name] > 1 {
			long := c.nameOf(i, path.Dir(i.file))
			c.report.Look(c.at(i), long, "several folders are called %s, so the image has the whole path", path.Base(path.Dir(i.file)))
			i.name = long
		}
		if _, isDistribution := c.recipes.Recipe(i.name); isDistribution {
			i.name += "-image"
			c.report.Look(c.at(i), i.name, "a distribution has the name of its folder, so the image has another")
		}
		if err := importer.CheckName(i.name); err != nil {
			c.found.Errorf(diagnostic.Import, c.at(i), "the image cannot be called %s: %v", diagnostic.Quote(i.name), err).
				WithHint("rename the folder")
		}
	}
	slices.SortFunc(c.images, func(a, b *image) int { return cmp.Compare(a.name, b.name) })
	for n, i := range c.images {
		if n > 0 && c.images[n-1].name == i.name {
			c.found.Errorf(diagnostic.Import, c.at(i), "%s would have the same name, %s", c.images[n-1].file, i.name).WithHint("rename one of the files")
		}
	}
}

func (c *conversion) nameOf(i *image, folder string) string {
	if folder == "." {
		folder = c.source.Root
	}
	match := fileName.FindStringSubmatch(path.Base(i.file))
	name := strings.ToLower(folder)
	if suffix := strings.ToLower(match[1] + match[2]); suffix != "" && suffix != path.Base(name) {
		name += "-" + suffix
	}
	return name
}

func (c *conversion) at(i *image) diagnostic.Span {
	return diagnostic.Span{File: path.Join(c.source.Name, i.file)}
}

// image is an image's definition.
func (c *conversion) image(i *image) importer.Image {
	made := importer.Image{Name: i.name, Containerfile: path.Join(c.target.Folder, i.file), Context: c.context(i), Args: c.args(i)}
	parsed, err := containerfile.Parse([]byte(i.content), made.Args, "")
	var mistake *containerfile.Error
	if errors.As(err, &mistake) {
		at := c.at(i)
		at.Line = mistake.Line
		c.found.Errorf(diagnostic.Import, at, "%v", mistake)
		return made
	}
	for _, parent := range parsed.Parents {
		if own, ok := c.named(parent.Reference); ok && own.name != parent.Reference && own != i {
			at := c.at(i)
			at.Line = parent.Line
			c.report.Look(at, parent.Reference, "it looks like the image %s of this tree: write `FROM %s` there, so that it is built first and its rebuild is followed", own.name, own.name)
		}
	}
	return made
}

// named is the image of the tree that a reference means: by its name, or by a registry path that ends in it.
func (c *conversion) named(reference string) (*image, bool) {
	repository, _, _ := strings.Cut(reference, "@")
	if at := strings.LastIndexByte(repository, ':'); at > strings.LastIndexByte(repository, '/') {
		repository = repository[:at]
	}
	for _, i := range c.images {
		if repository == i.name || strings.Contains(reference, "/") && strings.HasSuffix(repository, "/"+i.name) {
			return i, true
		}
	}
	return nil, false
}

var (
	argument = regexp.MustCompile(`(?mi)^[ \t]*ARG[ \t]+([A-Za-z_][A-Za-z0-9_]*)=["']?([^\s"']+)["']?[ \t]*$`)
	from     = regexp.MustCompile(`(?mi)^[ \t]*FROM[ \t]`)
	copied   = regexp.MustCompile(`(?mi)^[ \t]*(?:COPY|ADD)[ \t]+((?:--\S+[ \t]+)*)([^\s\[]\S*)[ \t]+\S+[ \t]*$`)
)

// args are the arguments before the first FROM whose defaults are images of the tree: their values become the images.
func (c *conversion) args(i *image) map[string]string {
	head := i.content
	if at := from.FindStringIndex(head); at != nil {
		head = head[:at[0]]
	}
	var args map[string]string
	for _, match := range argument.FindAllStringSubmatch(head, -1) {
		if own, ok := c.named(match[2]); ok && own != i {
			if args == nil {
				args = map[string]string{}
			}
			args[match[1]] = own.name
		}
	}
	return args
}

// context is the folder that COPY reads where that is not the Containerfile's own: the tree, if what is copied stands there alone.
func (c *conversion) context(i *image) string {
	missing, atTop := 0, 0
	for _, match := range copied.FindAllStringSubmatch(i.content, -1) {
		if strings.Contains(match[1], "--from") || strings.ContainsAny(match[2], "$*?") || strings.Contains(match[2], "://") || strings.HasPrefix(match[2], "<<") {
			continue
		}
		name := strings.TrimPrefix(path.Clean("/"+match[2]), "/")
		if name == "" || c.exists(path.Join(path.Dir(i.file), name)) {
			continue
		}
		missing++
		if c.exists(name) {
			atTop++
			continue
		}
		c.report.Look(c.at(i), match[2], "it is copied, but stands neither beside the Containerfile nor at the top of the tree: set `context`")
	}
	if missing == 0 || missing != atTop {
		return ""
	}
	c.report.Look(c.at(i), i.name, "what it copies stands at the top of the tree, which is its context now")
	return path.Join(c.target.Folder, ".")
}

func (c *conversion) exists(name string) bool {
	_, err := fs.Stat(c.source.Tree, name)
	return err == nil
}
