package definition

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// image reads the values of a declaration, and checks that its keys do not conflict.
func (l *loader) image(declared *tree.Field, n *tree.Node) *Image {
	image := &Image{
		Name: declared.Name, Span: declared.Span,
		Distribution: text(n.Get("distribution")), Version: text(n.Get("version")),
		Base:    l.base(n.Get("base")),
		Parents: l.parents(n.Get("parents")), Contexts: l.contexts(n), After: texts(n.Get("after")), Sources: l.sources(n.Get("sources")),
		Packages: texts(n.Get("packages")), Exec: text(n.Get("exec")),
		Containerfile: l.path(n.Get("containerfile")), Context: l.path(n.Get("context")), Target: text(n.Get("target")),
		Args: entries(n.Get("args")), Watch: l.paths(n.Get("watch")),
		Platforms: l.platforms(n.Get("platforms")), Runners: runners(n.Get("runners")),
		Tests: tests(n.Get("tests")), Release: l.releases(n.Get("release")), Dependents: dependents(n.Get("dependents")),
		Expires: text(n.Get("expires")).Value, Labels: l.labels(n.Get("labels")), Env: entries(n.Get("env")),
		Workdir: text(n.Get("workdir")).Value, User: text(n.Get("user")).Value,
		Manual: l.manual(n), Publish: truth(n.Get("publish")),
		Updates: updates(n.Get("updates")),
		Stages: Stages{
			Build:  text(n.Get("stages").Get("build")).Value,
			Test:   text(n.Get("stages").Get("test")).Value,
			Deploy: text(n.Get("stages").Get("deploy")).Value,
		},
	}
	if entrypoint := n.Get("entrypoint"); entrypoint != nil && entrypoint.Kind == tree.List {
		image.Entrypoint = values(texts(entrypoint))
	} else {
		image.EntrypointPath = text(entrypoint).Value
	}
	image.Incomplete = n.Get("containerfile") != nil && !image.Containerfile.Present() || n.Get("base") != nil && image.Base.isNone()
	l.tag(image, n.Get("tag"))
	l.buildSettings(image, n, declared.Value)
	l.checkKeys(declared, n)
	return image
}

// checkKeys reports keys that exclude each other, keys that need another, and images that have nothing to build from.
func (l *loader) checkKeys(declared *tree.Field, n *tree.Node) {
	own := declared.Value
	at := func(key string) diagnostic.Span { return own.FieldSpan(key) }
	if n.Get("containerfile") != nil {
		for _, key := range []string{"packages", "exec", "distribution", "version"} {
			if own.Get(key) != nil {
				l.found.Errorf(diagnostic.ConflictingKeys, at(key), "%s cannot be used with containerfile, which replaces it", key).
					WithNote(at("containerfile"), "the containerfile").WithHint("remove one of them").WithKey(declared.Name + "." + key)
			}
		}
	} else {
		for _, key := range []string{"context", "target", "args", "parents", "contexts", "sources"} {
			if own.Get(key) != nil {
				l.found.Errorf(diagnostic.ConflictingKeys, at(key), "%s has no effect without containerfile", key).
					WithHint("add containerfile, or remove it").WithKey(declared.Name + "." + key)
			}
		}
	}
	l.checkBuild(declared, n.Get("containerfile") != nil)
	l.checkRunners(declared, n)
	if updates := own.Get("updates"); n.Get("containerfile") != nil && truth(updates.Get("packages")).Value && updates.Get("command") == nil {
		l.found.Errorf(diagnostic.ConflictingKeys, updates.FieldSpan("packages"), "the package manager of an image with a containerfile is not known").
			WithHint("write updates.command, a snippet that looks for updates inside").WithKey(declared.Name + ".updates.packages")
	}
}

// checkRunners reports an image's runner tags for a platform that it is not built for.
func (l *loader) checkRunners(declared *tree.Field, n *tree.Node) {
	own := declared.Value.Get("runners")
	if own == nil {
		return
	}
	var platforms []string
	for _, platform := range texts(n.Get("platforms")) {
		platforms = append(platforms, platform.Value)
	}
	for _, entry := range own.Fields {
		if entry.Name != defaultRunners && !slices.Contains(platforms, entry.Name) {
			l.found.Errorf(diagnostic.BadValue, entry.Span, "the image is not built for %s%s", diagnostic.Quote(entry.Name), diagnostic.DidYouMean(entry.Name, platforms)).
				WithHint("add it to platforms, or remove its runners").WithKey(declared.Name + ".runners." + entry.Name)
		}
	}
}

func (l *loader) base(n *tree.Node) Base {
	switch {
	case n == nil:
		return Base{}
	case n.Kind == tree.Map:
		image := ProjectImage{Path: text(n.Get("project")).Value, Image: text(n.Get("image")).Value, Pin: truth(n.Get("pin")).Value, Tag: Latest}
		if tag, err := ParseTag(text(n.Get("tag")).Value); err == nil {
			image.Tag = tag
		}
		return Base{Project: image, Span: n.Span}
	case n.Kind != tree.String:
		return Base{}
	case !NamesOutside(n.Text):
		return Base{Image: n.Text, Span: n.Span}
	}
	reference, err := ParseReference(n.Text)
	if err != nil {
		l.found.Errorf(diagnostic.BadValue, n.Span, "%v", err).WithKey("base")
	}
	return Base{Outside: reference, Span: n.Span}
}

func (l *loader) platforms(n *tree.Node) []Platform {
	var out []Platform
	seen := map[string]string{}
	for _, platform := range texts(n) {
		if strings.HasPrefix(platform.Value, "windows/") {
			l.found.Errorf(diagnostic.BadValue, platform.Span, "images for Windows are not built: buildah needs Linux").
				WithHint("build them with their own job, and use the result as an outside `base`").WithKey("platforms")
		}
		arch := schema.Arch(platform.Value)
		if first, ok := seen[arch]; ok {
			l.found.Errorf(diagnostic.DuplicateKey, platform.Span, "the platforms %s and %s have the same short name, %s", first, platform.Value, arch).
				WithHint("remove one of them")
			continue
		}
		seen[arch] = platform.Value
		out = append(out, Platform(platform.Value))
	}
	return out
}

func (l *loader) labels(n *tree.Node) []Entry {
	labels := entries(n)
	for _, label := range labels {
		if IsReservedLabel(label.Name) {
			l.found.Errorf(diagnostic.ReservedName, label.Span, "the label %s is set by every build", label.Name).
				WithHint("choose a name that does not begin with fdo., stemma. or a name of the OCI specification that says where an image came from").
				WithKey("labels." + label.Name)
		}
	}
	return labels
}

// IsReservedLabel reports whether a definition must not set a label, since every build sets it.
func IsReservedLabel(name string) bool {
	reserved := []string{
		"fdo.", "stemma.", schema.LabelCreated, schema.LabelSource, schema.LabelVersion, schema.LabelRevision,
		schema.LabelBaseName, schema.LabelBaseDigest,
	}
	return slices.ContainsFunc(reserved, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

func (l *loader) path(n *tree.Node) Located[string] {
	located := text(n)
	if !located.Present() || !l.inside(n) {
		return Located[string]{}
	}
	return located
}

func (l *loader) paths(n *tree.Node) []Located[string] {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	var out []Located[string]
	for _, item := range n.Items {
		if located := l.path(item); located.Present() {
			out = append(out, located)
		}
	}
	return out
}
