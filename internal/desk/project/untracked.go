package project

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/compiler/readme"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// reporter is diagnostic.List.Errorf or Warnf.
type reporter func(diagnostic.Code, diagnostic.Span, string, ...any) *diagnostic.Diagnostic

// ReportUntracked reports files that the pipeline needs and that exist only in the work tree.
func (p *Project) ReportUntracked(ctx context.Context) error {
	read := slices.Concat(p.written(), p.Definition.Files, p.PolicyFiles, moduleFiles(p.Lock))
	return errors.Join(p.reportMissing(ctx, whole(read)), p.RequireTracked(ctx, p.Graph.Images))
}

// Inputs are the files of the definition and the Containerfiles, sorted.
func (p *Project) Inputs() []string {
	return slices.Sorted(slices.Values(slices.Concat(p.Definition.Files, slices.Collect(maps.Keys(containerfiles(p.Graph.Images))))))
}

// RequireTracked reports an error for each of these images whose Containerfile exists only in the work tree.
func (p *Project) RequireTracked(ctx context.Context, images []*lineage.Image) error {
	return p.reportMissing(ctx, containerfiles(images))
}

// WarnOfIgnored warns of output that `git add` would leave out.
func (p *Project) WarnOfIgnored(ctx context.Context) error {
	_, ignored, err := p.untracked(ctx, p.written())
	for _, file := range ignored {
		reportIgnored(file, p.Found.Warnf)
	}
	return err
}

// reportMissing reports those of the needed files that exist and that git does not have. The value of each is the place that needs it.
func (p *Project) reportMissing(ctx context.Context, needed map[string]diagnostic.Span) error {
	untracked, ignored, err := p.untracked(ctx, slices.Sorted(maps.Keys(needed)))
	for _, file := range untracked {
		if _, missing := fs.Stat(p.Tree, file); missing != nil {
			continue
		}
		if slices.Contains(ignored, file) {
			reportIgnored(file, p.Found.Errorf)
			continue
		}
		d := p.Found.Errorf(diagnostic.Untracked, needed[file], "git does not have %s", file).WithHint("run `git add %s`", file).WithKey(file)
		if needed[file].File != file {
			d.WithHint("run `git add %s`, then `stemma compile`: the tag follows the files that git has", file)
		}
	}
	return err
}

// whole are files with themselves as their places.
func whole(files []string) map[string]diagnostic.Span {
	needed := map[string]diagnostic.Span{}
	for _, file := range files {
		needed[file] = diagnostic.Span{File: file}
	}
	return needed
}

func reportIgnored(file string, report reporter) {
	report(diagnostic.Untracked, diagnostic.Span{File: file}, "git ignores %s, so the pipeline will not have it", file).
		WithHint("run `git add -f %s`", file).WithKey(file)
}

// output lists the files that the definition compiles to.
func (p *Project) output() []string { return pathsOf(p.Result.Files) }

func pathsOf(files []emit.File) (paths []string) {
	for _, file := range files {
		paths = append(paths, file.Path)
	}
	return paths
}

// written lists the output, and the README if a table in it is compiled.
func (p *Project) written() []string {
	if _, _, hasTable := p.findTable(new(diagnostic.List)); hasTable {
		return append(p.output(), readme.File)
	}
	return p.output()
}

// moduleFiles lists the archives of the CUE modules in the lock.
func moduleFiles(locked lock.Lock) []string {
	files := make([]string, len(locked.Modules))
	for i, m := range locked.Modules {
		files[i] = m.File()
	}
	return files
}

func containerfiles(images []*lineage.Image) map[string]diagnostic.Span {
	needed := map[string]diagnostic.Span{}
	for _, image := range images {
		if file := path.Clean(image.Containerfile.Value); image.Containerfile.Present() && needed[file] == (diagnostic.Span{}) {
			needed[file] = image.Containerfile.Span
		}
	}
	return needed
}

// untracked returns the files that git does not have, and those of them that git ignores.
func (p *Project) untracked(ctx context.Context, files []string) (untracked, ignored []string, err error) {
	for _, file := range files {
		has, err := p.Tree.Has(file)
		if err != nil {
			return nil, nil, err
		}
		if !has {
			untracked = append(untracked, file)
		}
	}
	ignored, err = git.Repository{Dir: p.Dir}.Ignored(ctx, untracked)
	return untracked, ignored, err
}
