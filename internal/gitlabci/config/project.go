package config

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// Project is a project's files at one commit.
type Project struct {
	// Path is the project's path on GitLab, as in group/project.
	Path string
	Tree fs.FS

	once  sync.Once
	files []string
}

// Files returns the paths of all files, sorted. What cannot be read has none.
func (p *Project) Files() []string {
	p.once.Do(func() {
		_ = fs.WalkDir(p.Tree, ".", func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil //nolint:nilerr // a folder that cannot be read has no files
			case entry.IsDir() && path == ".git":
				return fs.SkipDir
			case !entry.IsDir():
				p.files = append(p.files, path)
			}
			return nil
		})
		slices.Sort(p.files)
	})
	return p.files
}

// Projects are projects that a pipeline can include files of.
type Projects []*Project

// Find returns a project by its path. GitLab does not look at the case of letters.
func (p Projects) Find(path string) (*Project, bool) {
	i := slices.IndexFunc(p, func(project *Project) bool { return strings.EqualFold(project.Path, path) })
	if i < 0 {
		return nil, false
	}
	return p[i], true
}

// Files returns the files of a project by its path.
func (p Projects) Files(path string) ([]string, bool) {
	project, ok := p.Find(path)
	if !ok {
		return nil, false
	}
	return project.Files(), true
}
