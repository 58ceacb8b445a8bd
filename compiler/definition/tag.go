package definition

import (
	"bytes"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// tag sets the tag of an image from the file or changelog that the definition names.
func (l *loader) tag(image *Image, n *tree.Node) {
	if n == nil || n.Kind != tree.Map {
		return
	}
	file, changelog := n.Get("file"), n.Get("changelog")
	if (file == nil) == (changelog == nil) {
		l.found.Errorf(diagnostic.ConflictingKeys, n.Span, "a tag has either file or changelog, not both").
			WithHint("write one of them").WithKey(image.Name + ".tag")
		return
	}
	if file != nil {
		l.readTag(image, file, firstLine)
	} else {
		l.readTag(image, changelog, changelogVersion)
	}
}

// readTag reads a tag from a file with take, which finds it in the content.
func (l *loader) readTag(image *Image, n *tree.Node, take func([]byte) string) {
	file := text(l.paths(n))
	if !file.Present() {
		return
	}
	source, err := readFile(l.fsys, file.Value)
	if err != nil {
		l.found.Errorf(diagnostic.MissingFile, n.Span, "%s cannot be read: %v%s", diagnostic.Quote(file.Value), content.Reason(err), diagnostic.Suggest(content.Similar(l.fsys, file.Value))).
			WithHint("paths begin at the project's root").WithKey(image.Name + ".tag")
		return
	}
	tag, err := schema.ParseTag(take(source))
	if err != nil {
		l.found.Errorf(diagnostic.BadValue, n.Span, "%s has no valid tag: %v", file.Value, err).WithKey(image.Name + ".tag")
		return
	}
	image.Tag, image.TagFile = Located[schema.Tag]{tag, n.Span}, file.Value
}

func firstLine(source []byte) string {
	line, _, _ := bytes.Cut(source, []byte("\n"))
	return string(bytes.TrimSpace(line))
}

// changelogHead is the first line of an entry, https://manpages.debian.org/deb-changelog.5: package (version) distributions.
var changelogHead = pattern.Lazy(`(?m)^[a-z0-9][a-z0-9+.-]* \(([^()\s]+)\)`)

// changelogVersion returns the newest version of a Debian changelog. It replaces ':', '~' and '+', which tags must not contain, by '_', '-'
// and '-'.
func changelogVersion(source []byte) string {
	head := changelogHead().FindSubmatch(source)
	if head == nil {
		return ""
	}
	return strings.NewReplacer(":", "_", "~", "-", "+", "-").Replace(string(head[1]))
}
