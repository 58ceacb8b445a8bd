package project

import (
	"bytes"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/compiler/readme"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// largestReadme is the size in bytes up to which a README is searched for the table of components.
const largestReadme = 1 << 20

// compareReadme compares the table of components in the README with the components. With report, a difference becomes a finding.
func (p *Project) compareReadme(report bool) {
	p.readme = nil
	place, source, ok := p.findTable(&p.Found)
	if !ok {
		return
	}
	updated := place.Fill(source, p.Pipeline.Components)
	if bytes.Equal(source, updated) {
		return
	}
	p.readme = []worktree.Change{{Path: readme.File, Content: updated}}
	if report {
		p.Found.Errorf(diagnostic.Drift, place.Span, "the table of components is out of date").WithHint("%s", drift.Advice).WithKey(readme.File)
	}
}

// writeReadme writes the table of components that is out of date, and compiles again, since tags of images can have changed.
func (p *Project) writeReadme() ([]worktree.Change, error) {
	changes := p.readme
	if changes == nil {
		return nil, nil
	}
	found := p.Found
	if err := p.Tree.Apply(changes); err != nil {
		return nil, err
	}
	if err := p.recompile(); err != nil {
		return nil, err
	}
	if p.Compare(false); !p.Found.HasErrors() {
		p.Found = found
	}
	return changes, nil
}

// findTable reads the README. A project without one, or with another kind of file in its place, has no table.
func (p *Project) findTable(found *diagnostic.List) (place readme.Place, source []byte, ok bool) {
	at := diagnostic.Span{File: readme.File}
	info, err := p.Tree.Stat(readme.File)
	switch {
	case err != nil || !info.Mode().IsRegular():
		return place, nil, false
	case info.Size() > largestReadme:
		if len(p.Pipeline.Components) > 0 {
			found.Warnf(diagnostic.TooLarge, at, "%s has more than 1 MiB, so it gets no table of components", readme.File).WithKey(readme.File)
		}
		return place, nil, false
	}
	if source, err = fs.ReadFile(p.Tree, readme.File); err != nil {
		found.Warnf(diagnostic.MissingFile, at, "%s cannot be read, so it gets no table of components: %v", readme.File, content.Reason(err)).WithKey(readme.File)
		return place, nil, false
	}
	place, ok = readme.Find(source, found)
	if info, err := p.Tree.Lstat(readme.File); ok && (err != nil || !info.Mode().IsRegular()) {
		found.Errorf(diagnostic.ReadmeTable, place.Span, "%s is a symbolic link, and stemma changes no file behind a link", readme.File).
			WithHint("replace the link by the file, or remove the markers").WithKey(readme.File)
		return place, nil, false
	}
	return place, source, ok
}
