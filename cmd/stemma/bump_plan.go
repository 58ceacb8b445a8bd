package main

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
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/bump"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// bumpChanges are what a bump changes: the new contents of files, by their paths below the project's folder.
type bumpChanges struct {
	files map[string][]byte
	// said are the changes for people, "base: 1.2 → 1.10".
	descriptions []string
}

// errNothingMoves says that the lock is where it should be, and nothing else was asked for.
var errNothingMoves = errors.New("nothing moves")

// slug names the changes in a branch.
func (c bumpChanges) slug() string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, strings.NewReplacer(" → ", "-", ": ", "-").Replace(c.descriptions[0]))
	return strings.Trim(name[:min(len(name), 80)], ".-")
}

func (c bumpChanges) message() string {
	if len(c.descriptions) == 1 {
		return "Bump " + c.descriptions[0]
	}
	return "Bump images\n\n" + strings.Join(c.descriptions, "\n")
}

// version is an image whose tag changes, in all the ways that files write it.
type version struct {
	name, old, new string
	repositories   []string
	// place is the tag's own place in the definition, for an image of the project.
	place *bump.Edit
	isOwn bool
}

// plan finds all changes, and whether the images that they name exist, before anything is written.
func (b *bumping) plan(ctx context.Context, dir string, args []string) (bumpChanges, error) {
	p, err := openProjectIn(ctx, dir, b.std, b.getenv)
	if err != nil {
		return bumpChanges{}, err
	}
	defer p.close()
	if p.found.HasErrors() {
		return bumpChanges{}, p.print("text")
	}
	changes := bumpChanges{files: map[string][]byte{}}
	var versions []version
	var wrong error
	if b.reason != "" {
		if args, err = b.writeChangelogs(ctx, p, dir, args, &changes); err != nil {
			return changes, err
		}
	}
	for _, arg := range args {
		v, err := p.version(arg)
		wrong = errors.Join(wrong, err)
		versions = append(versions, v)
	}
	if wrong != nil {
		return changes, cli.UsageError{Err: wrong}
	}
	if err := p.checkExist(ctx, versions); err != nil {
		return changes, err
	}
	for _, v := range versions {
		changes.descriptions = append(changes.descriptions, fmt.Sprintf("%s: %s → %s", v.name, v.old, v.new))
	}
	if err := p.edit(versions, b.test, changes.files); err != nil {
		return changes, err
	}
	if b.locked {
		if err := p.moveLock(ctx, &changes); err != nil {
			return changes, err
		}
	}
	if len(changes.files) == 0 {
		return changes, errNothingMoves
	}
	return changes, nil
}

// version reads IMAGE[=VERSION].
func (p *project) version(arg string) (version, error) {
	name, wanted, hasVersion := strings.Cut(arg, "=")
	i := slices.IndexFunc(p.result.Graph.Images, func(image *lineage.Image) bool { return image.Name == name })
	var v version
	var err error
	if i >= 0 {
		v, err = p.ownVersion(p.result.Graph.Images[i])
	} else {
		v, err = p.outsideVersion(name)
	}
	switch {
	case err != nil:
		return v, err
	case hasVersion:
		v.new = wanted
	default:
		if v.new, err = bump.NextTag(v.old, p.now()); err != nil {
			return v, fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, err := definition.ParseTag(v.new); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	if v.place != nil {
		v.place.New = v.new
	}
	return v, nil
}

// ownVersion is the tag of an image of the project.
func (p *project) ownVersion(image *lineage.Image) (version, error) {
	tag := image.Image.Tag
	if !tag.Present() {
		return version{}, fmt.Errorf("%s: its tag follows from its content, so there is nothing to bump", image.Name)
	}
	v := version{name: image.Name, old: tag.Value.String(), isOwn: true}
	v.repositories = []string{"$CI_REGISTRY_IMAGE/" + image.Name, "${CI_REGISTRY_IMAGE}/" + image.Name}
	if project := p.result.Definition.Project; project != "" {
		repository := strings.ToLower(project) + "/" + image.Name
		v.repositories = append(v.repositories, "$CI_REGISTRY/"+repository, "${CI_REGISTRY}/"+repository)
		if registry := p.getenv("CI_REGISTRY"); registry != "" {
			v.repositories = append(v.repositories, registry+"/"+repository)
		}
	}
	file, line := tag.Span.File, tag.Span.Line
	if image.TagFile != "" {
		file, line = image.TagFile, 1
	}
	content := string(p.source(file))
	at := 0
	for range line - 1 {
		at += strings.IndexByte(content[at:], '\n') + 1
	}
	if image.TagFile == "" {
		at += tag.Span.Column - 1
	}
	i := strings.Index(content[at:], v.old)
	end := strings.IndexByte(content[at:], '\n')
	if i < 0 || end >= 0 && i > end {
		return v, fmt.Errorf("%s: its tag cannot be changed in %s:%d; it is read from a changelog, or written with escapes", image.Name, file, line)
	}
	v.place = &bump.Edit{File: file, Offset: at + i, Length: len(v.old)}
	return v, nil
}

// outsideVersion is the tag of an image of others: the one that images are built from, or that pins hold.
func (p *project) outsideVersion(name string) (version, error) {
	repository, old, named := strings.Cut(name, ":")
	if i := strings.LastIndexByte(name, ':'); named && i > strings.LastIndexByte(name, '/') {
		repository, old = name[:i], name[i+1:]
	} else if named {
		repository, old = name, ""
	}
	var known, tags []string
	for _, o := range p.result.Graph.Outside() {
		i := strings.LastIndexByte(o.Name, ':')
		if i < 0 || strings.Contains(o.Name[i:], "/") {
			continue
		}
		known = append(known, o.Name[:i])
		if o.Name[:i] == repository {
			tags = append(tags, o.Name[i+1:])
		}
	}
	for _, pin := range p.result.Definition.Pins {
		known = append(known, pin.Image)
	}
	switch {
	case len(tags) == 0 && old == "":
		known = append(known, imageNames(p.result.Graph)...)
		return version{}, fmt.Errorf("no image and no parent is called %q%s", name, diagnostic.DidYouMean(name, known))
	case len(tags) > 1 && old == "":
		return version{}, fmt.Errorf("%s is used with the tags %s: write %s:%s=VERSION", name, strings.Join(tags, " and "), name, tags[0])
	case old == "":
		old = tags[0]
	}
	return version{name: repository, old: old, repositories: []string{repository}}, nil
}

// checkExist fails where a registry does not have one of the images of others.
func (p *project) checkExist(ctx context.Context, versions []version) error {
	registry, err := oci.NewClient(jobenv.Registries(p.getenv))
	if err != nil {
		return cli.UsageError{Err: err}
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

// edit collects the new contents of all files that name the images.
func (p *project) edit(versions []version, isTest bool, files map[string][]byte) error {
	edits := map[string][]bump.Edit{}
	for _, v := range versions {
		if !isTest {
			p.editReferences(v, edits)
		}
		for _, written := range p.result.Definition.Pins {
			if written.Image != v.name {
				continue
			}
			found, err := pinOf(written).Find(string(p.source(written.File)), v.old, v.new, isTest)
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
		content, err := bump.Apply(string(p.source(file)), of)
		if err != nil {
			return err
		}
		files[file] = []byte(content)
	}
	return nil
}

// editReferences changes the tag in the definition, and every reference to it. A trial run leaves both alone.
func (p *project) editReferences(v version, edits map[string][]bump.Edit) {
	if v.place != nil {
		edits[v.place.File] = append(edits[v.place.File], *v.place)
	}
	for _, file := range p.filesWithReferences() {
		for _, repository := range v.repositories {
			r := bump.Reference{Repository: repository, Old: v.old, New: v.new}
			edits[file] = append(edits[file], bump.References(file, string(p.source(file)), r)...)
		}
	}
}

// filesWithReferences are the files in which references of images are looked for, those that exist.
func (p *project) filesWithReferences() []string {
	files := map[string]bool{pipelineFile: true, ".circleci/config.yml": true}
	for _, file := range p.result.Definition.Files {
		files[file] = true
	}
	for _, image := range p.result.Graph.Images {
		if image.Containerfile.Present() {
			files[path.Clean(image.Containerfile.Value)] = true
		}
	}
	for _, written := range p.result.Definition.Pins {
		files[written.File] = true
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(file string) bool {
		_, err := fs.Stat(p.tree, file)
		return err != nil
	})
}

// pinOf is a pin as the definition has it.
func pinOf(written definition.Pin) bump.Pin {
	return bump.Pin{File: written.File, Key: written.Key, Pattern: written.Pattern, TestSuffix: written.Test.Suffix, TestKey: written.Test.Key}
}

// moveLock moves the pins of the lock.
func (p *project) moveLock(ctx context.Context, changes *bumpChanges) error {
	age, err := duration(p.result.Definition.Lock.MinimumAge)
	if err != nil {
		return err
	}
	all, none := func(string) bool { return true }, func(string) bool { return false }
	locked, moved, err := p.pins(ctx, p.result.Graph.Outside(), pin.Policy{Moves: all, Now: none, MinimumAge: age, Time: p.now()})
	if err != nil {
		return err
	}
	sources, movedSources, err := p.sources(ctx, all)
	if err != nil {
		return err
	}
	locked.Sources, moved = sources, append(moved, movedSources...)
	before := len(changes.descriptions)
	for _, change := range moved {
		if change.Before != change.After {
			changes.descriptions = append(changes.descriptions, fmt.Sprintf("%s: %s → %s", change.Name, shown(change.Before), shown(change.After)))
		}
	}
	if len(changes.descriptions) > before {
		changes.files[lock.File] = locked.Print()
	}
	return nil
}
