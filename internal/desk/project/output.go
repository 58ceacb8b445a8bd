package project

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// readCommitted reads the files that stemma compiled, or may have compiled earlier.
func readCommitted(files fs.FS, output []string) (drift.Committed, error) {
	committed := drift.Committed{}
	names := slices.Concat(output, []string{definition.OutputFile})
	for _, pattern := range []string{definition.OutputFolder + "/*.gitlab-ci.yml", definition.RecipesFolder + "/*.txt", "templates/*.yml"} {
		found, err := doublestar.Glob(files, pattern, doublestar.WithFilesOnly())
		if err != nil {
			return nil, fmt.Errorf("find compiled files: %w", err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		switch {
		case err == nil:
			committed[name] = content
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read a compiled file: %w", err)
		}
	}
	return committed, nil
}

// Committed returns the files that stemma compiled, or may have compiled earlier, as they are.
func (p *Project) Committed() drift.Committed { return p.committed }

// Compare compares the output with the committed files. With report, each difference becomes a finding.
func (p *Project) Compare(report bool) {
	p.state = drift.State{}
	if p.Found.HasErrors() {
		return
	}
	p.state = drift.Compare(p.Files, p.committed)
	p.state.Report(p.committed, report, &p.Found)
	drift.StaleTags(p.Definition, p.Files, p.committed, &p.Found)
	p.compareReadme(report)
}

// Write writes the differences that Compare found, all of them or none, and returns them. The README comes first, because an image can contain it.
func (p *Project) Write() ([]worktree.Change, error) {
	changes, err := p.writeReadme()
	if err != nil {
		return nil, err
	}
	var output []worktree.Change
	for _, file := range p.state.Write {
		output = append(output, worktree.Change{Path: file.Path, Content: file.Content})
	}
	for _, path := range p.state.Remove {
		output = append(output, worktree.Change{Path: path, Remove: true})
	}
	return slices.Concat(changes, output), p.Tree.Apply(output)
}
