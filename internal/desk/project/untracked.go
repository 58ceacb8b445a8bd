package project

import (
	"context"
	"io/fs"
	"path"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// neededFile is a file that the pipeline needs, and how to report that git does not have it.
type neededFile struct {
	path   string
	report reportFunc
}

type reportFunc func(diagnostic.Code, diagnostic.Span, string, ...any) *diagnostic.Diagnostic

// ReportUntracked reports files that the pipeline needs and that exist only in the work tree.
func (p *Project) ReportUntracked(ctx context.Context) error {
	needed := p.output(p.Found.Errorf)
	for _, file := range p.Definition.Files {
		needed = append(needed, neededFile{file, p.Found.Warnf})
	}
	for _, image := range p.Definition.Images {
		if image.Containerfile.Present() {
			needed = append(needed, neededFile{path.Clean(image.Containerfile.Value), p.Found.Warnf})
		}
	}
	return p.reportMissing(ctx, needed)
}

// RequireTracked reports an error for each of these images whose Containerfile exists only in the work tree.
func (p *Project) RequireTracked(ctx context.Context, images []*lineage.Image) error {
	var needed []neededFile
	for _, image := range images {
		if image.Containerfile.Present() {
			needed = append(needed, neededFile{path.Clean(image.Containerfile.Value), p.Found.Errorf})
		}
	}
	return p.reportMissing(ctx, needed)
}

// WarnOfIgnored warns of output that `git add` would leave out.
func (p *Project) WarnOfIgnored(ctx context.Context) error {
	untracked, ignored, err := p.untracked(ctx, p.output(p.Found.Warnf))
	for _, file := range untracked {
		if slices.Contains(ignored, file.path) {
			file.reportIgnored()
		}
	}
	return err
}

func (p *Project) reportMissing(ctx context.Context, needed []neededFile) error {
	untracked, ignored, err := p.untracked(ctx, needed)
	for _, file := range untracked {
		if _, missing := fs.Stat(p.Tree, file.path); missing != nil {
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

func (f neededFile) reportIgnored() {
	f.report(diagnostic.Untracked, diagnostic.Span{File: f.path}, "git ignores %s, so the pipeline will not have it", f.path).
		WithHint("run `git add -f %s`", f.path).WithKey(f.path)
}

// output lists the files that the definition compiles to.
func (p *Project) output(report reportFunc) []neededFile {
	var out []neededFile
	for _, file := range p.Files {
		out = append(out, neededFile{file.Path, report})
	}
	return out
}

// untracked returns the files that git does not have, and the paths of those that git ignores.
func (p *Project) untracked(ctx context.Context, files []neededFile) (untracked []neededFile, ignored []string, err error) {
	var paths []string
	for _, file := range files {
		has, err := p.Tree.Has(file.path)
		if err != nil {
			return nil, nil, err
		}
		if !has {
			untracked, paths = append(untracked, file), append(paths, file.path)
		}
	}
	ignored, err = git.Repository{Dir: p.Dir}.Ignored(ctx, paths)
	return untracked, ignored, err
}
