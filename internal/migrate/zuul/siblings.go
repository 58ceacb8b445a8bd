package zuul

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

var errOpenQuote = errors.New("a quote is not closed")

// sibling is another project whose files the context gets.
type sibling struct{ project, ref string }

// siblingFolder is their folder in the context, and siblingArgument the build argument that names them.
const (
	siblingFolder   = ".zuul-siblings"
	siblingArgument = "ZUUL_SIBLINGS"
)

var projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*\.[a-z]+(/[A-Za-z0-9][A-Za-z0-9_.-]*)+$`)

// siblings are the field of this name; folder is what the builder is given below the image's context.
func (f *fields) siblings(folder string) []sibling {
	var out []sibling
	for _, named := range f.list("siblings") {
		switch {
		case !projectName.MatchString(named.text):
			f.c.fail(named.at, "the sibling %s is no project such as opendev.org/opendev/bindep", diagnostic.Quote(named.text))
			f.isOut = true
		case path.Clean(folder) != ".":
			f.leave(named.at, "siblings", "Zuul puts them into the context, and the builder is given "+diagnostic.Quote(folder))
		default:
			out = append(out, sibling{named.text, f.checkout(named)})
		}
	}
	return out
}

// checkout is the ref of a sibling that the job wishes, or nothing: the default branch, which Zuul falls back to.
func (f *fields) checkout(named item) string {
	ref := f.run.attribute("override-checkout").printed()
	isRequired := false
	for _, required := range f.run.union("required-projects") {
		if !isProject(named.text, required) {
			continue
		}
		isRequired = true
		if own := required.get("override-checkout").printed(); own != "" {
			ref = own
		}
	}
	if !isRequired {
		f.c.report.Look(named.at, named.text, "it is not among the required-projects of this tree")
	}
	switch {
	case ref == "":
		f.c.noteLook(named.at, named.text, "Zuul takes the branch that is called as the change's, or else the project's default; here it is the default")
	case !importer.Ref.Takes(ref):
		f.c.fail(named.at, "the sibling has %s for a branch or tag", diagnostic.Quote(ref))
		f.isOut = true
	}
	return ref
}

// isProject says whether an entry of required-projects is a project, by its whole name or without its host.
func isProject(name string, required *node) bool {
	short := required.printed()
	if required.kind == mapping {
		short = required.get("name").printed()
	}
	return short != "" && (name == short || strings.HasSuffix(name, "/"+short))
}

// required reports the projects that a run wants beside this one and that are no siblings of its images.
func (c *conversion) required(r *run, entries []entry) {
	for _, project := range r.union("required-projects") {
		isSibling := func(s sibling) bool { return isProject(s.project, project) }
		if !slices.ContainsFunc(entries, func(e entry) bool { return slices.ContainsFunc(e.siblings, isSibling) }) {
			c.noteLook(project.at, "required-projects", "Zuul puts the project beside this one, but no image has it as a sibling; files of it that an image needs belong in `sources`")
		}
	}
}

// sources are the siblings in a definition, and the value of the argument that names them.
func sources(siblings []sibling) (out []importer.Source, names string) {
	var all []string
	for _, s := range siblings {
		out = append(out, importer.Source{URL: "https://" + s.project, Ref: s.ref, Path: path.Join(siblingFolder, s.project)})
		all = append(all, s.project)
	}
	return out, strings.Join(all, " ")
}
