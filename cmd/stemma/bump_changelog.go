package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/bump"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// writeChangelogs adds an entry to the changelog of each named image that has its tag from one, and to those of all images that
// are built on it. It returns the arguments that are left.
func (b *bumping) writeChangelogs(ctx context.Context, p *project, dir string, args []string, changes *bumpChanges) ([]string, error) {
	author, err := authorOf(ctx, git.Repository{Dir: dir, Environ: b.environ})
	if err != nil {
		return nil, err
	}
	var rest []string
	for _, arg := range args {
		name, version, _ := strings.Cut(arg, "=")
		i := slices.IndexFunc(p.result.Graph.Images, func(image *lineage.Image) bool { return image.Name == name })
		if i < 0 || !p.hasChangelog(p.result.Graph.Images[i]) {
			rest = append(rest, arg)
			continue
		}
		image := p.result.Graph.Images[i]
		if err := b.writeChangelog(p, image, version, b.reason, author, changes); err != nil {
			return nil, err
		}
		for _, child := range descendants(image) {
			if !p.hasChangelog(child) {
				continue
			}
			if err := b.writeChangelog(p, child, "", "Rebuilt for "+image.Name+": "+b.reason, author, changes); err != nil {
				return nil, err
			}
		}
	}
	if len(rest) == len(args) {
		return nil, cli.UsageError{Err: fmt.Errorf("none of %s has its tag from a Debian changelog, which --reason is for", strings.Join(args, ", "))}
	}
	return rest, nil
}

func (b *bumping) writeChangelog(p *project, image *lineage.Image, version, reason string, author bump.Author, changes *bumpChanges) error {
	if _, isChanged := changes.files[image.TagFile]; isChanged {
		return nil // another named image has it as a descendant, or shares its changelog
	}
	changed, version, err := bump.Changelog(string(p.source(image.TagFile)), version, reason, author, p.now())
	if err != nil {
		return fmt.Errorf("%s: %w", image.TagFile, err)
	}
	changes.files[image.TagFile] = []byte(changed)
	changes.descriptions = append(changes.descriptions, fmt.Sprintf("%s: %s → %s", image.Name, image.Tag, version))
	return nil
}

func (p *project) hasChangelog(image *lineage.Image) bool {
	return image.TagFile != "" && bump.IsChangelog(string(p.source(image.TagFile)))
}

// descendants are all images that are built on an image, each once, the nearest first.
func descendants(image *lineage.Image) []*lineage.Image {
	var found []*lineage.Image
	queue := []*lineage.Image{image}
	for len(queue) > 0 {
		for _, child := range queue[0].Children {
			if !slices.Contains(found, child) {
				found = append(found, child)
				queue = append(queue, child)
			}
		}
		queue = queue[1:]
	}
	return found
}

var ident = regexp.MustCompile(`^(.*) <(.*)> \d+ [+-]\d+`)

// authorOf is who git takes the user for.
func authorOf(ctx context.Context, checkout git.Repository) (bump.Author, error) {
	output, err := checkout.Run(ctx, "var", "GIT_AUTHOR_IDENT")
	if err != nil {
		return bump.Author{}, err
	}
	match := ident.FindStringSubmatch(output)
	if match == nil {
		return bump.Author{}, fmt.Errorf("git says that the author is %q in %s", strings.TrimSpace(output), filepath.Base(checkout.Dir))
	}
	return bump.Author{Name: match[1], Email: match[2]}, nil
}
