package bump

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// changes has the new contents of files, by their paths in the project's folder.
type changes struct {
	files map[string][]byte
	// descriptions are for people, such as "base: 1.2 → 1.10".
	descriptions []string
}

// slug is the part of the branch's name that describes the changes.
func (c changes) slug() string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, strings.NewReplacer(" → ", "-", ": ", "-").Replace(c.descriptions[0]))
	return strings.Trim(name[:min(len(name), 80)], ".-")
}

func (c changes) message() string {
	if len(c.descriptions) == 1 {
		return "Bump " + c.descriptions[0]
	}
	return "Bump images\n\n" + strings.Join(c.descriptions, "\n")
}

// version is an image whose tag changes.
type version struct {
	name, old, new string
	// repositories lists the ways in which files write the image's repository.
	repositories []string
	// place is the place of the tag of an image of the project: in the definition, or in a file that it names.
	place *edit.Edit
	isOwn bool
}

// plan returns all changes, after it has checked that the images in them exist. It writes nothing.
func (b *bumping) plan(ctx context.Context, dir string) (*changes, error) {
	p, err := project.Open(ctx, dir, b.environ)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if p.Found.HasErrors() {
		return nil, p.Print(b.std, "text")
	}
	c, args := &changes{files: map[string][]byte{}}, b.Images
	if b.Reason != "" {
		if args, err = b.writeChangelogs(ctx, p, c); err != nil {
			return nil, err
		}
	}
	versions, err := readVersions(p, args)
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	if err := checkExist(ctx, p, versions); err != nil {
		return nil, err
	}
	for _, v := range versions {
		c.descriptions = append(c.descriptions, fmt.Sprintf("%s: %s → %s", v.name, v.old, v.new))
	}
	if err := c.edit(p, versions, b.Test); err != nil {
		return nil, err
	}
	if b.Locked {
		err = c.moveLock(ctx, p)
	}
	return c, err
}

func readVersions(p *project.Project, args []string) (versions []version, wrong error) {
	for _, arg := range args {
		v, err := readVersion(p, arg)
		wrong = errors.Join(wrong, err)
		versions = append(versions, v)
	}
	return versions, wrong
}

// readVersion reads IMAGE[=VERSION].
func readVersion(p *project.Project, arg string) (v version, err error) {
	name, wanted, hasVersion := strings.Cut(arg, "=")
	if i := p.IndexOf(name); i >= 0 {
		v, err = ownVersion(p, p.Graph.Images[i])
	} else {
		v, err = externalVersion(p, name)
	}
	switch {
	case err != nil:
		return v, err
	case hasVersion:
		v.new = wanted
	default:
		if v.new, err = edit.NextTag(v.old, p.Now()); err != nil {
			return v, fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, err := schema.ParseTag(v.new); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	if v.place != nil {
		v.place.New = v.new
	}
	return v, nil
}

// ownVersion returns the tag of an image of the project.
func ownVersion(p *project.Project, image *lineage.Image) (version, error) {
	tag := image.Image.Tag
	if !tag.Present() {
		return version{}, fmt.Errorf("%s: its tag follows from its content, so there is nothing to bump", image.Name)
	}
	v := version{name: image.Name, old: tag.Value.String(), isOwn: true}
	v.repositories = []string{"$CI_REGISTRY_IMAGE/" + image.Name, "${CI_REGISTRY_IMAGE}/" + image.Name}
	if project := p.Definition.Project; project != "" {
		repository := strings.ToLower(project) + "/" + image.Name
		v.repositories = append(v.repositories, "$CI_REGISTRY/"+repository, "${CI_REGISTRY}/"+repository)
		if registry := p.Getenv("CI_REGISTRY"); registry != "" {
			v.repositories = append(v.repositories, registry+"/"+repository)
		}
	}
	var err error
	v.place, err = placeOf(p, image)
	return v, err
}

// placeOf finds the tag of an image in the file that has it.
func placeOf(p *project.Project, image *lineage.Image) (*edit.Edit, error) {
	tag := image.Image.Tag
	old := tag.Value.String()
	file, line := tag.Span.File, tag.Span.Line
	if image.TagFile != "" {
		file, line = image.TagFile, 1
	}
	content := string(p.Source(file))
	at := edit.LineOffset(content, line)
	if image.TagFile == "" {
		at += tag.Span.Column - 1
	}
	i := strings.Index(content[at:], old)
	end := strings.IndexByte(content[at:], '\n')
	if i < 0 || end >= 0 && i > end {
		return nil, fmt.Errorf("%s: its tag cannot be changed in %s:%d; it is read from a changelog, or written with escapes", image.Name, file, line)
	}
	return &edit.Edit{File: file, Offset: at + i, Length: len(old)}, nil
}

// externalVersion returns the tag of an external image that images are built from, or that a pin has.
func externalVersion(p *project.Project, name string) (version, error) {
	repository, old, hasTag := edit.CutTag(name)
	if !hasTag {
		repository = name
	}
	var known, tags []string
	for _, o := range p.Graph.Outside() {
		other, tag, hasTag := edit.CutTag(o.Name)
		if !hasTag {
			continue
		}
		known = append(known, other)
		if other == repository {
			tags = append(tags, tag)
		}
	}
	for _, pin := range p.Definition.Pins {
		known = append(known, pin.Image)
	}
	switch {
	case len(tags) == 0 && old == "":
		known = append(known, p.ImageNames()...)
		return version{}, fmt.Errorf("no image and no parent is called %q%s", name, diagnostic.DidYouMean(name, known))
	case len(tags) > 1 && old == "":
		return version{}, fmt.Errorf("%s is used with the tags %s: write %s:%s=VERSION", name, strings.Join(tags, " and "), name, tags[0])
	case old == "":
		old = tags[0]
	}
	return version{name: repository, old: old, repositories: []string{repository}}, nil
}

// checkExist returns an error for each external image that its registry does not have.
func checkExist(ctx context.Context, p *project.Project, versions []version) error {
	registry, err := registries.LoggedIn(p.Getenv)
	if err != nil {
		return err
	}
	var missing error
	for _, v := range versions {
		if v.isOwn {
			continue
		}
		reference, err := oci.ParseReference(v.name + ":" + v.new)
		if err == nil {
			_, err = registry.Resolve(ctx, reference)
		}
		missing = errors.Join(missing, err)
	}
	return missing
}

// edit adds the new contents of all files that name the images.
func (c *changes) edit(p *project.Project, versions []version, isTest bool) error {
	edits := map[string][]edit.Edit{}
	for _, v := range versions {
		if !isTest {
			editReferences(p, v, edits)
		}
		for _, written := range p.Definition.Pins {
			if written.Image != v.name {
				continue
			}
			found, err := pinOf(written).Find(string(p.Source(written.File)), v.old, v.new, isTest)
			if err != nil {
				return fmt.Errorf("the pin of %s: %w", v.name, err)
			}
			edits[written.File] = append(edits[written.File], found...)
		}
	}
	for file, of := range edits {
		if len(of) == 0 {
			continue
		}
		content, err := edit.Apply(string(p.Source(file)), of)
		if err != nil {
			return err
		}
		c.files[file] = []byte(content)
	}
	return nil
}

// editReferences adds the edits of the tag in the definition, and of every reference to it.
func editReferences(p *project.Project, v version, edits map[string][]edit.Edit) {
	if v.place != nil {
		edits[v.place.File] = append(edits[v.place.File], *v.place)
	}
	for _, file := range filesWithReferences(p) {
		for _, repository := range v.repositories {
			r := edit.Reference{Repository: repository, Old: v.old, New: v.new}
			edits[file] = append(edits[file], edit.References(file, string(p.Source(file)), r)...)
		}
	}
}

// filesWithReferences lists the existing files that may have references to images.
func filesWithReferences(p *project.Project) []string {
	files := map[string]bool{projectci.File: true, ".circleci/config.yml": true}
	for _, file := range p.Definition.Files {
		files[file] = true
	}
	for _, image := range p.Graph.Images {
		if image.Containerfile.Present() {
			files[path.Clean(image.Containerfile.Value)] = true
		}
	}
	for _, written := range p.Definition.Pins {
		files[written.File] = true
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(file string) bool {
		_, err := fs.Stat(p.Tree, file)
		return err != nil
	})
}

func pinOf(written definition.Pin) edit.Pin {
	return edit.Pin{File: written.File, Key: written.Key, Pattern: written.Pattern, TestSuffix: written.Test.Suffix, TestKey: written.Test.Key}
}

// moveLock adds the changes of `stemma lock --update`.
func (c *changes) moveLock(ctx context.Context, p *project.Project) error {
	age, err := pin.MinimumAge(p)
	if err != nil {
		return err
	}
	all, none := func(string) bool { return true }, func(string) bool { return false }
	locked, moved, err := pin.Query(ctx, p, pin.Policy{Moves: all, Now: none, MinimumAge: age, Time: p.Now()}, all)
	if err != nil {
		return err
	}
	before := len(c.descriptions)
	for _, change := range moved {
		if change.Before != change.After {
			c.descriptions = append(c.descriptions, change.String())
		}
	}
	if len(c.descriptions) > before {
		c.files[lock.File] = locked.Print()
	}
	return nil
}
