package lineage

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// standIn replaces the base while a Containerfile is read, since a base need not be a reference.
const standIn = "stemma.invalid/base"

// linkContainerfile finds the parents of an image in its Containerfile. `FROM rust` means the project's image rust, if there is one, and
// `FROM ${FDO_BASE_IMAGE}` the definition's base.
func (b *builder) linkContainerfile(image *Image, base Parent, hasBase bool) {
	at := image.Containerfile
	source, err := b.files.Read(path.Clean(at.Value))
	if err != nil {
		return // reported where the file is hashed
	}
	file, err := containerfile.Parse(source, arguments(image.Image, hasBase), image.Target.Value)
	if err != nil {
		b.reportContainerfile(image, err)
		return
	}
	image.Runs, image.LastUser = file.Runs, file.User
	if file.User != "" {
		image.LastUserAt = lineOf(image, file.UserLine)
	}
	named := b.namedParents(image)
	b.checkContexts(image, file)
	for _, parent := range file.Parents {
		if !isContext(image.Image, parent.Reference) {
			b.addParent(image, parent, base, named)
		}
	}
	for _, given := range image.Image.Parents {
		if !slices.ContainsFunc(file.Parents, func(p containerfile.Parent) bool { return p.Reference == given.Name }) {
			b.found.Warnf(diagnostic.BadContainerfile, given.Span, "%s names no image %s", at.Value, diagnostic.Quote(given.Name)).
				WithHint("write `FROM %s` or `COPY --from=%s`, or remove it", given.Name, given.Name).WithKey(image.Name + ".parents." + given.Name)
		}
	}
	if hasBase && !slices.ContainsFunc(file.Parents, func(p containerfile.Parent) bool { return p.Reference == standIn }) {
		b.found.Warnf(diagnostic.BadContainerfile, image.Image.Base.Span, "the base is not used by %s", at.Value).
			WithHint("write `ARG %s` before the first FROM, and `FROM ${%s}`", schema.VarBaseImage, schema.VarBaseImage).WithKey(image.Name + ".base")
	}
	b.checkUser(image, file)
	b.giveSecrets(image, file)
	for _, arg := range image.Args {
		if !slices.Contains(file.Arguments, arg.Name) {
			b.found.Warnf(diagnostic.BadContainerfile, arg.Span, "%s has no ARG %s%s", at.Value, arg.Name, diagnostic.DidYouMean(arg.Name, file.Arguments)).
				WithHint("add the ARG line, or remove the argument").WithKey(image.Name + ".args." + arg.Name)
		}
	}
}

// giveSecrets sets the secrets of an image: those that its Containerfile mounts.
func (b *builder) giveSecrets(image *Image, file containerfile.File) {
	for _, secret := range image.Build.Secrets {
		switch {
		case slices.Contains(file.Secrets, secret.ID):
			image.Secrets = append(image.Secrets, secret.Secret)
		case !secret.IsDefault:
			b.found.Warnf(diagnostic.BadContainerfile, secret.Span, "%s mounts no secret %s%s", image.Containerfile.Value, diagnostic.Quote(secret.ID), diagnostic.DidYouMean(secret.ID, file.Secrets)).
				WithHint("write `RUN --mount=type=secret,id=%s`, or remove it", secret.ID).WithKey(image.Name + ".build.secrets." + secret.ID)
		}
	}
	slices.SortFunc(image.Secrets, func(a, b schema.Secret) int { return strings.Compare(a.ID, b.ID) })
}

// checkUser reports a Containerfile whose last USER is a name if the definition gives users numbers.
func (b *builder) checkUser(image *Image, file containerfile.File) {
	if image.Users == nil || image.User != "" || file.User == "" || definition.IsNumericUser(file.User) {
		return
	}
	hint := "write its number, and its group's"
	if uid, ok := image.Users[file.User]; ok {
		hint = fmt.Sprintf("write USER %d:%d", uid, uid)
	}
	b.found.Errorf(diagnostic.BadContainerfile, image.LastUserAt, "the last USER is %s, and not a number", diagnostic.Quote(file.User)).
		WithNote(image.Span, "the image %s has users", image.Name).WithHint("%s", hint).WithKey(image.Name + ".users")
}

// lineOf returns a line of the Containerfile of an image.
func lineOf(image *Image, line int) diagnostic.Span {
	return diagnostic.Span{File: path.Clean(image.Containerfile.Value), Line: line, Column: 1}
}

func arguments(image *definition.Image, hasBase bool) map[string]string {
	args := make(map[string]string, len(image.Args)+1)
	for _, arg := range image.Args {
		args[arg.Name] = arg.Value
	}
	if hasBase {
		args[schema.VarBaseImage] = standIn
	}
	return args
}

func (b *builder) reportContainerfile(image *Image, err error) {
	at := diagnostic.Span{File: path.Clean(image.Containerfile.Value)}
	var mistake *containerfile.Error
	isMistake := errors.As(err, &mistake)
	switch {
	case isMistake && mistake.IsAboutTarget:
		at = image.Target.Span
	case isMistake && mistake.Line > 0:
		at.Line, at.Column = mistake.Line, 1
	}
	d := b.found.Errorf(diagnostic.BadContainerfile, at, "%v", err).
		WithNote(image.Containerfile.Span, "the image %s is built from it", image.Name).WithKey(image.Name)
	switch {
	case isMistake && mistake.Argument != "":
		d.WithHint("write `ARG %s=…` with a default, or give it a value in `args`", mistake.Argument)
	case isMistake && mistake.Hint != "":
		d.WithHint("%s", mistake.Hint)
	}
}

// checkSpelling reports the name of a parent that has no registry, tag or digest and is spelled almost like an image of the project: anybody
// can publish an image with such a name on Docker Hub.
func (b *builder) checkSpelling(image *Image, parent containerfile.Parent) {
	if strings.ContainsAny(parent.Reference, "/:@") {
		return
	}
	similar, ok := diagnostic.NearestWithin(min(2, len(parent.Reference)/2), parent.Reference, b.names())
	if !ok {
		return
	}
	instruction := "--from="
	if parent.IsFrom {
		instruction = "FROM "
	}
	b.found.Errorf(diagnostic.UnknownImage, lineOf(image, parent.Line), "the project has no image %s%s", diagnostic.Quote(parent.Reference), diagnostic.Suggest(similar, true)).
		WithNote(b.byName[similar].Span, "the image %s", similar).
		WithHint("write `%s%s`, or `%s%s:latest` for an image of Docker Hub", instruction, similar, instruction, parent.Reference).
		WithKey(image.Name + ".parents." + parent.Reference)
}

// namedParents returns the images to which the definition gives names for the Containerfile.
func (b *builder) namedParents(image *Image) map[string]Parent {
	named := map[string]Parent{}
	for _, given := range image.Image.Parents {
		if parent, ok := b.resolve(image, given.Value, "parents."+given.Name); ok {
			parent.Aliases = []string{given.Name}
			named[given.Name] = parent
		}
	}
	return named
}

// addParent adds a parent of a Containerfile, unless it is there already.
func (b *builder) addParent(image *Image, parent containerfile.Parent, base Parent, named map[string]Parent) {
	added := Parent{IsBase: parent.IsBase}
	if given, ok := named[parent.Reference]; ok {
		added = given
		added.IsBase = parent.IsBase
	} else if parent.Reference == standIn {
		added = base
		added.IsBase, added.ByArgument = parent.IsBase, true
	} else if own, ok := b.byName[parent.Reference]; ok {
		added.Image = own
	} else if reference, err := schema.ParseReference(parent.Reference); err == nil {
		b.checkSpelling(image, parent)
		added.Outside = reference
	} else {
		return // it contains an argument of the platform, which only the builder knows
	}
	added.At = lineOf(image, parent.Line)
	same := func(p Parent) bool { return p.String() == added.String() && (p.Image == nil) == (added.Image == nil) }
	if i := slices.IndexFunc(image.Parents, same); i >= 0 {
		image.Parents[i].IsBase = image.Parents[i].IsBase || added.IsBase
		image.Parents[i].ByArgument = image.Parents[i].ByArgument || added.ByArgument
		image.Parents[i].Aliases = append(image.Parents[i].Aliases, added.Aliases...)
		return
	}
	if added.IsBase {
		image.Parents = slices.Insert(image.Parents, 0, added)
	} else {
		image.Parents = append(image.Parents, added)
	}
}
