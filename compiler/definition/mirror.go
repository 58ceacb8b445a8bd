package definition

import (
	"cmp"
	"path"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// mirrors reads the copies of external images, which need different repositories or tags.
func (l *loader) mirrors(n *tree.Node) []Mirror {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	var out []Mirror
	claimed := map[string]diagnostic.Span{}
	for _, item := range n.Items {
		mirror, ok := l.mirror(item)
		if !ok {
			continue
		}
		place := mirror.Repository + ":" + mirror.Tag.String()
		if first, taken := claimed[place]; taken {
			l.found.Errorf(diagnostic.NameCollision, item.Span, "two images would be copied to %s", diagnostic.Quote(place)).
				WithNote(first, "the other").WithHint("give one of them `to` or `tag`").WithKey("mirrors")
		}
		if image, taken := l.images[mirror.Repository]; taken {
			l.found.Errorf(diagnostic.NameCollision, item.Span, "the copy would be in the repository of the image %s", diagnostic.Quote(mirror.Repository)).
				WithNote(image.Span, "the image").WithHint("write `to`, such as mirror/%s", path.Base(mirror.Repository)).WithKey("mirrors")
		}
		claimed[place] = item.Span
		out = append(out, mirror)
	}
	return out
}

// mirror reads one entry, and reports mistakes in it.
func (l *loader) mirror(n *tree.Node) (Mirror, bool) {
	from := text(n.Get("from"))
	if !from.Present() {
		return Mirror{}, false
	}
	reference, err := ParseReference(from.Value)
	name, _, _ := strings.Cut(from.Value, "@")
	base := path.Base(name)
	repository, tag, hasTag := strings.Cut(base, ":")
	switch {
	case err != nil:
		l.found.Errorf(diagnostic.BadValue, from.Span, "%v", err).WithKey("mirrors.from")
		return Mirror{}, false
	case !NamesOutside(from.Value) || !strings.Contains(name, "/"):
		l.found.Errorf(diagnostic.BadValue, from.Span, "%s names no registry", diagnostic.Quote(from.Value)).
			WithHint("write it in full, such as docker.io/library/%s", base).WithKey("mirrors.from")
		return Mirror{}, false
	case !hasTag && n.Get("tag") == nil:
		l.found.Errorf(diagnostic.MissingKey, from.Span, "%s has no tag", diagnostic.Quote(from.Value)).
			WithHint("add one to it, or add `tag`").WithKey("mirrors.tag")
		return Mirror{}, false
	}
	parsed, err := ParseTag(cmp.Or(text(n.Get("tag")).Value, tag))
	if err != nil {
		return Mirror{}, false // reported by the check
	}
	return Mirror{From: reference, Repository: cmp.Or(text(n.Get("to")).Value, repository), Tag: parsed, Span: from.Span}, true
}
