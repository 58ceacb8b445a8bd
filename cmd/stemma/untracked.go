package main

import (
	"io/fs"
	"path"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// reportUntracked reports files that exist here, but that git does not have: in the pipeline they would be missing.
func (p *project) reportUntracked() error {
	for _, file := range p.result.Files {
		if err := p.untracked(file.Path, p.found.Errorf); err != nil {
			return err
		}
	}
	for _, file := range p.result.Definition.Files {
		if err := p.untracked(file, p.found.Warnf); err != nil {
			return err
		}
	}
	for _, image := range p.result.Definition.Images {
		if image.Containerfile.Present() {
			if err := p.untracked(path.Clean(image.Containerfile.Value), p.found.Warnf); err != nil {
				return err
			}
		}
	}
	return nil
}

type reportFunc func(diagnostic.Code, diagnostic.Span, string, ...any) *diagnostic.Diagnostic

func (p *project) untracked(file string, report reportFunc) error {
	has, err := p.tree.Has(file)
	if err != nil || has {
		return err
	}
	if _, err := fs.Stat(p.tree, file); err == nil {
		report(diagnostic.Untracked, diagnostic.Span{File: file}, "git does not have %s", file).WithHint("run `git add %s`", file).WithKey(file)
	}
	return nil
}
