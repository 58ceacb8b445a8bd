package zuul

import (
	"errors"
	"path"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/importer"
)

var errOpenQuote = errors.New("a quote is not closed")

// sibling is another project whose files the context gets.
type sibling struct{ project, ref string }

// siblingFolder is where they stand in the context, and siblingArgument the build argument that names them.
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

// checkout is the ref of a sibling: the job's own wish, or else the branch that Zuul falls back to.
func (f *fields) checkout(named item) string {
	const fallback = "master"
	ref := f.run.attribute("override-checkout").printed()
	isRequired := false
	for _, required := range f.run.union("required-projects") {
		name := required.printed()
		if required.kind == mapping {
			name = required.get("name").printed()
		}
		if name == "" || named.text != name && !strings.HasSuffix(named.text, "/"+name) {
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
	if ref == "" {
		ref = fallback
		f.c.report.Look(named.at, named.text, "Zuul takes the branch that is called as the change's, or else the project's default; here it is %s", fallback)
	}
	return ref
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
