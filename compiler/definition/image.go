package definition

import (
	"cmp"
	"path"
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// image reads the values of a declaration, and checks that its keys do not conflict.
func (l *loader) image(declared *tree.Field, n *tree.Node) *Image {
	image := &Image{}
	l.decode(n, image)
	image.Name, image.Span, image.Declared = declared.Name, declared.Span, declared.Value
	image.Incomplete = n.Get("containerfile") != nil && !image.Containerfile.Present() || n.Get("base") != nil && image.Base.isNone() ||
		n.Get("distribution") != nil && !image.Distribution.Present()
	if l.hidesBase(declared.Value) {
		image.Incomplete = image.Incomplete || n.Get("distribution") == nil
		image.Version.Span = declared.Span // nor is one that may be behind another key
	}
	if version := n.Get("version"); version != nil {
		image.Version.Span = version.Span // also of one that is not text, which is not missing
	}
	image.Manual = l.manual(n)
	image.Contexts = l.contexts(image.Contexts, n.Get("parents"))
	image.Sources = l.sources(image.Sources)
	l.checkLabels(image.Labels)
	l.checkReleaseLists(n.Get("release"))
	l.tag(image, n.Get("tag"))
	l.buildSettings(image, n, declared.Value)
	l.checkKeys(declared, n)
	l.checkRunners(declared, image)
	return image
}

// hidesBase reports whether what the image is built from may be behind a key that was reported.
func (l *loader) hidesBase(n *tree.Node) bool {
	if build := n.Get("build"); build != nil && (build.Kind != tree.Map || build.Get("dockerfile") != nil || build.Get("containerfile") != nil || build.Get("context") != nil) {
		return true // meant as in a compose file
	}
	return n.Get("<<") != nil || slices.ContainsFunc(n.Fields, func(f tree.Field) bool {
		return slices.Contains([]string{"distribution", "version", "base", "containerfile"}, l.schema.Meant("Image", f.Name))
	})
}

// checkKeys reports keys that exclude each other, keys that need another, and images that have nothing to build from.
func (l *loader) checkKeys(declared *tree.Field, n *tree.Node) {
	own, file := declared.Value, n.Get("containerfile")
	known := schema.Keys(reflect.TypeFor[Image]())
	for _, field := range own.Fields {
		switch key := declared.Name + "." + field.Name; {
		case file != nil && known[field.Name].For == "packages":
			l.found.Errorf(diagnostic.ConflictingKeys, field.Span, "%s cannot be used with containerfile, which replaces it", field.Name).
				WithNote(own.FieldSpan("containerfile"), "the containerfile").WithHint("remove one of them").WithKey(key)
		case file == nil && known[field.Name].For == "containerfile":
			l.found.Errorf(diagnostic.ConflictingKeys, field.Span, "%s has no effect without containerfile", field.Name).
				WithHint("add containerfile, or remove it").WithKey(key)
		}
	}
	l.checkBuild(declared, file != nil)
	if updates := own.Get("updates"); file != nil && truth(updates.Get("packages")) && updates.Get("command") == nil {
		l.found.Errorf(diagnostic.ConflictingKeys, updates.FieldSpan("packages"), "the package manager of an image with a containerfile is not known").
			WithHint("write updates.command, a snippet that looks for updates inside").WithKey(declared.Name + ".updates.packages")
	}
}

// checkRunners reports an image's runner tags for a platform that it is not built for.
func (l *loader) checkRunners(declared *tree.Field, image *Image) {
	own := declared.Value.Get("runners")
	if own == nil {
		return
	}
	platforms := image.Platforms.Names()
	for _, entry := range own.Fields {
		if entry.Name != defaultRunners && !slices.Contains(platforms, entry.Name) {
			l.found.Errorf(diagnostic.BadValue, entry.Span, "the image is not built for %s%s", diagnostic.Quote(entry.Name), diagnostic.DidYouMean(entry.Name, platforms)).
				WithHint("add it to platforms, or remove its runners").WithKey(declared.Name + ".runners." + entry.Name)
		}
	}
}

// ContextFolder returns the build context of an image with a Containerfile.
func (i *Image) ContextFolder() string {
	if i.Context.Present() {
		return path.Clean(i.Context.Value)
	}
	return path.Dir(path.Clean(i.Containerfile.Value))
}

func (b *Base) decode(l *loader, n *tree.Node) bool {
	b.Span = n.Span
	switch {
	case n.Kind == tree.Map:
		l.decode(n, &b.Project)
		b.Project.Tag = cmp.Or(b.Project.Tag, schema.Latest)
	case n.Kind != tree.String:
		*b = Base{}
	case !NamesOutside(n.Text):
		b.Image = n.Text
	default:
		var err error
		if b.Outside, err = schema.ParseReference(n.Text); err != nil {
			l.found.Errorf(diagnostic.BadValue, n.Span, "%v", err).WithKey("base")
		}
	}
	return !b.isNone()
}

// Platform is "os/arch" or "os/arch/variant".
type Platform string

// Platforms are platforms with different short names.
type Platforms []Platform

// Names returns the platforms as texts.
func (p Platforms) Names() []string {
	names := make([]string, len(p))
	for i, platform := range p {
		names[i] = string(platform)
	}
	return names
}

func (p *Platforms) decode(l *loader, n *tree.Node) bool {
	var written []Located[string]
	l.decode(n, &written)
	seen := map[string]string{}
	for _, platform := range written {
		if strings.HasPrefix(platform.Value, "windows/") {
			l.found.Errorf(diagnostic.BadValue, platform.Span, "images for Windows are not built: buildah needs Linux").
				WithHint("build them with their own job, and use the result as an outside `base`").WithKey("platforms")
		}
		if known := schema.Platform(platform.Value); known != platform.Value {
			l.found.Errorf(diagnostic.BadValue, platform.Span, "%s is not the name that images have for a platform", diagnostic.Quote(platform.Value)).
				WithHint("write %q", known).WithKey("platforms")
		}
		arch := schema.Arch(platform.Value)
		if first, ok := seen[arch]; ok {
			l.found.Errorf(diagnostic.DuplicateKey, platform.Span, "the platforms %s and %s have the same short name, %s", first, platform.Value, arch).
				WithHint("remove one of them")
			continue
		}
		seen[arch] = platform.Value
		*p = append(*p, Platform(platform.Value))
	}
	return true
}

func (l *loader) checkLabels(labels Entries[string]) {
	for _, label := range labels {
		if IsReservedLabel(label.Name) {
			l.found.Errorf(diagnostic.ReservedName, label.Span, "the label %s is set by every build", label.Name).
				WithHint("choose a name that does not begin with fdo., stemma. or a name of the OCI specification that says where an image came from").
				WithKey("labels." + label.Name)
		}
	}
}

// IsReservedLabel reports whether a definition must not set a label, since every build sets it.
func IsReservedLabel(name string) bool {
	reserved := []string{
		"fdo.", "stemma.", schema.LabelCreated, schema.LabelSource, schema.LabelVersion, schema.LabelRevision,
		schema.LabelBaseName, schema.LabelBaseDigest,
	}
	return slices.ContainsFunc(reserved, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
