package definition

import (
	"cmp"
	"path"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
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
	reference, err := schema.ParseReference(from.Value)
	switch {
	case err != nil:
		l.found.Errorf(diagnostic.BadValue, from.Span, "%v", err).WithKey("mirrors.from")
		return Mirror{}, false
	case !NamesOutside(from.Value) || !strings.Contains(reference.Repository().String(), "/"):
		l.found.Errorf(diagnostic.BadValue, from.Span, "%s names no registry", diagnostic.Quote(from.Value)).
			WithHint("write it in full, such as docker.io/library/%s", reference.Tagged()).WithKey("mirrors.from")
		return Mirror{}, false
	case reference.Tag().IsZero() && n.Get("tag") == nil:
		l.found.Errorf(diagnostic.MissingKey, from.Span, "%s has no tag", diagnostic.Quote(from.Value)).
			WithHint("add one to it, or add `tag`").WithKey("mirrors.tag")
		return Mirror{}, false
	}
	tag := reference.Tag()
	if written := text(n.Get("tag")); written.Present() {
		if tag, err = schema.ParseTag(written.Value); err != nil {
			return Mirror{}, false // reported by the check
		}
	}
	repository := path.Base(reference.Repository().Path())
	return Mirror{From: reference, Repository: cmp.Or(text(n.Get("to")).Value, repository), Tag: tag, Span: from.Span}, true
}
