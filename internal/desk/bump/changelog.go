package bump

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// writeChangelogs adds an entry to the changelog of each named image that has its tag from one, and to the changelogs of its
// descendants. It returns the other arguments.
func (b *bumping) writeChangelogs(ctx context.Context, p *project.Project, changes *changes) ([]string, error) {
	author, err := b.author(ctx, p.Repository())
	if err != nil {
		return nil, err
	}
	var rest []string
	for _, arg := range b.Images {
		name, version, _ := strings.Cut(arg, "=")
		i := p.IndexOf(name)
		if i < 0 || !hasChangelog(p, p.Graph.Images[i]) {
			rest = append(rest, arg)
			continue
		}
		image := p.Graph.Images[i]
		if err := changes.writeChangelog(p, image, version, b.Reason, author); err != nil {
			return nil, err
		}
		descendants := image.Reach(func(i *lineage.Image) []*lineage.Image { return i.Children })[1:]
		for _, child := range descendants {
			if !hasChangelog(p, child) {
				continue
			}
			if err := changes.writeChangelog(p, child, "", "Rebuilt for "+image.Name+": "+b.Reason, author); err != nil {
				return nil, err
			}
		}
	}
	if len(rest) == len(b.Images) {
		return nil, cli.Usagef("none of %s has its tag from a Debian changelog, which --reason is for", strings.Join(b.Images, ", "))
	}
	return rest, nil
}

func (c *changes) writeChangelog(p *project.Project, image *lineage.Image, version, reason string, author edit.Author) error {
	if _, isChanged := c.files[image.TagFile]; isChanged {
		return nil // another named image has it as a descendant, or shares its changelog
	}
	changed, version, err := edit.Changelog(string(p.Source(image.TagFile)), version, reason, author, p.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", image.TagFile, err)
	}
	c.files[image.TagFile] = []byte(changed)
	c.descriptions = append(c.descriptions, fmt.Sprintf("%s: %s → %s", image.Name, image.Tag, version))
	return nil
}

func hasChangelog(p *project.Project, image *lineage.Image) bool {
	return image.TagFile != "" && edit.IsChangelog(string(p.Source(image.TagFile)))
}

// address matches a DEBEMAIL that has the name too.
var address = pattern.Lazy(`^(.*\S) *<([^<>]*)>$`)

var ident = pattern.Lazy(`^(.*) <(.*)> \d+ [+-]\d+`)

// author is who makes an entry: DEBFULLNAME and DEBEMAIL, as for Debian's tools (https://manpages.debian.org/dch.1), or else the author
// that git would write into a commit.
func (b *bumping) author(ctx context.Context, checkout git.Repository) (edit.Author, error) {
	author := edit.Author{Name: b.getenv("DEBFULLNAME"), Email: b.getenv("DEBEMAIL")}
	if whole := address().FindStringSubmatch(author.Email); whole != nil {
		author = edit.Author{Name: cmp.Or(author.Name, whole[1]), Email: whole[2]}
	}
	if strings.ContainsAny(author.Name+author.Email, "\r\n<>") {
		return edit.Author{}, cli.Usagef("DEBFULLNAME must be a name on one line, and DEBEMAIL an address such as ann@example.org")
	}
	if author.Name != "" && author.Email != "" {
		return author, nil
	}
	output, err := checkout.Line(ctx, "var", "GIT_AUTHOR_IDENT")
	if err != nil {
		return edit.Author{}, err
	}
	match := ident().FindStringSubmatch(output)
	if match == nil {
		return edit.Author{}, fmt.Errorf("git says that the author is %q in %s", output, filepath.Base(checkout.Dir))
	}
	return edit.Author{Name: cmp.Or(author.Name, match[1]), Email: cmp.Or(author.Email, match[2])}, nil
}
