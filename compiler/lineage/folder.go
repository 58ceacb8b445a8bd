package lineage

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// isContext reports whether a name in a Containerfile means a folder.
func isContext(image *definition.Image, name string) bool {
	return slices.ContainsFunc(image.Contexts, func(f definition.Entry[definition.Located[string]]) bool { return f.Name == name })
}

// checkContexts reports folders that the Containerfile does not use, those that share their name with a stage, and those in a FROM line,
// where buildah accepts only images.
func (b *builder) checkContexts(image *Image, file containerfile.File) {
	for _, folder := range image.Contexts {
		i := slices.IndexFunc(file.Parents, func(p containerfile.Parent) bool { return p.Reference == folder.Name })
		key := image.Name + ".contexts." + folder.Name
		switch {
		case slices.ContainsFunc(file.Stages, func(stage string) bool { return strings.EqualFold(stage, folder.Name) }):
			b.found.Errorf(diagnostic.BadContainerfile, folder.Span, "%s has a stage of this name", image.Containerfile.Value).
				WithHint("give the folder another name").WithKey(key)
		case i < 0:
			b.found.Warnf(diagnostic.BadContainerfile, folder.Span, "%s names no folder %s", image.Containerfile.Value, diagnostic.Quote(folder.Name)).
				WithHint("write `COPY --from=%s`, or remove it", folder.Name).WithKey(key)
		case file.Parents[i].IsFrom:
			b.found.Errorf(diagnostic.BadContainerfile, lineOf(image, file.Parents[i].Line), "nothing can be built from the folder %s", diagnostic.Quote(folder.Name)).
				WithNote(folder.Span, "the folder").WithHint("write `FROM scratch` and `COPY --from=%s`", folder.Name).WithKey(key)
		}
	}
}

// hashFolders adds the folders that a Containerfile can copy from to the image's ingredients.
func (b *builder) hashFolders(image *Image, m *ingredients) {
	for _, folder := range image.Contexts {
		found, err := b.files.Folder(folder.Value.Value)
		b.hash(image, m, folder.Value, folder.Name+"="+folder.Value.Value+"/", found, err)
		image.Files = append(image.Files, path.Join(content.Literal(folder.Value.Value), "**/*"))
	}
}
