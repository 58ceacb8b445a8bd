package main

import (
	"io/fs"
	"path"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// neededFile is a file that the pipeline needs, and how its absence from git is reported.
type neededFile struct {
	path   string
	report reportFunc
}

type reportFunc func(diagnostic.Code, diagnostic.Span, string, ...any) *diagnostic.Diagnostic

// reportUntracked reports files that exist here, but that git does not have: in the pipeline they would be missing.
func (p *project) reportUntracked() error {
	needed := p.written(p.found.Errorf)
	for _, file := range p.result.Definition.Files {
		needed = append(needed, neededFile{file, p.found.Warnf})
	}
	for _, image := range p.result.Definition.Images {
		if image.Containerfile.Present() {
			needed = append(needed, neededFile{path.Clean(image.Containerfile.Value), p.found.Warnf})
		}
	}
	return p.reportMissing(needed)
}

// reportMissing reports those of the files that exist here, but that git does not have.
func (p *project) reportMissing(needed []neededFile) error {
	untracked, ignored, err := p.untracked(needed)
	for _, file := range untracked {
		if _, missing := fs.Stat(p.tree, file.path); missing != nil {
			continue
		}
		if slices.Contains(ignored, file.path) {
			file.reportIgnored()
		} else {
			file.report(diagnostic.Untracked, diagnostic.Span{File: file.path}, "git does not have %s", file.path).WithHint("run `git add %s`", file.path).WithKey(file.path)
		}
	}
	return err
}

// warnOfIgnored warns of files to be written that `git add` would leave out.
func (p *project) warnOfIgnored() error {
	untracked, ignored, err := p.untracked(p.written(p.found.Warnf))
	for _, file := range untracked {
		if slices.Contains(ignored, file.path) {
			file.reportIgnored()
		}
	}
	return err
}

func (f neededFile) reportIgnored() {
	f.report(diagnostic.Untracked, diagnostic.Span{File: f.path}, "git ignores %s, so the pipeline will not have it", f.path).
		WithHint("run `git add -f %s`", f.path).WithKey(f.path)
}

// written are the files that the definition compiles to.
func (p *project) written(report reportFunc) []neededFile {
	var out []neededFile
	for _, file := range p.result.Files {
		out = append(out, neededFile{file.Path, report})
	}
	return out
}

// untracked returns the files that git does not have, and the paths of those that its rules ignore.
func (p *project) untracked(files []neededFile) (untracked []neededFile, ignored []string, err error) {
	var paths []string
	for _, file := range files {
		has, err := p.tree.Has(file.path)
		if err != nil {
			return nil, nil, err
		}
		if !has {
			untracked, paths = append(untracked, file), append(paths, file.path)
		}
	}
	ignored, err = git.Repository{Dir: p.dir}.Ignored(p.ctx, paths)
	return untracked, ignored, err
}
