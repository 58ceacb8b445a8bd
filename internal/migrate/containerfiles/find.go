package containerfiles

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

var (
	// fileName matches the names that builders and people give Containerfiles, with the part that distinguishes several in one folder.
	fileName = regexp.MustCompile(`^(?:(?:Containerfile|Dockerfile)(?:[._-]([A-Za-z0-9._-]+)|([0-9]+))?|(?:containerfile|dockerfile)|([A-Za-z0-9._-]+)\.(?:[Cc]ontainerfile|[Dd]ockerfile))$`)
	// doubtful matches endings of files that may speak of a Containerfile, and be none.
	doubtful = regexp.MustCompile(`\.(?:md|rst|adoc|txt|html?|sh|py|rb|go|js|ts|lua|ya?ml|json|toml|lock|diff|patch|bak|orig|rej)$`)
	// template matches the endings of sources from which a Containerfile is generated.
	template = regexp.MustCompile(`\.(?:template|tmpl|tpl|gotpl|gotmpl|j2|jinja2?|erb|ejs|hbs|mustache|mako|m4|in)$`)
	// instructions matches files that say how images are built.
	instructions = regexp.MustCompile(`^(?:docker-bake\.(?:hcl|json)|(?:docker-)?compose\.ya?ml)$`)
	// windows matches bases that only Windows can run.
	windows = regexp.MustCompile(`windowsservercore|nanoserver|(?:^|/)windows(?:/|:|$)|^mcr\.microsoft\.com/dotnet/framework/`)
)

// find reads all Containerfiles.
func (c *conversion) find() error {
	return fs.WalkDir(c.tree.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "vendor"):
			return fs.SkipDir
		case entry.IsDir():
			c.folders++
			return nil
		case entry.Type().IsRegular() && strings.Contains(name, "/") && instructions.MatchString(entry.Name()):
			c.looks.Add(diagnostic.Span{File: path.Join(c.tree.Name, name)}, entry.Name(), "it may say how images are built, and was not read: `stemma import containerfiles FILE` reads one", name)
			return nil
		case !fileName.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), "ignore"):
			return nil
		case !entry.Type().IsRegular():
			c.passLink(name)
			return nil
		case template.MatchString(entry.Name()):
			c.report.Missing(diagnostic.Span{File: path.Join(c.tree.Name, name)}, entry.Name(), "it is a template, and what makes a Containerfile of it is not run")
			return nil
		}
		content, err := fs.ReadFile(c.tree.FS, name)
		if err == nil {
			c.images = append(c.images, &image{file: name, content: string(content)})
		}
		return err
	})
}

// passLink speaks of a link, which is not followed, unless it is the Dockerfile of a Containerfile beside it.
func (c *conversion) passLink(name string) {
	if info, err := fs.Stat(c.tree.FS, path.Join(path.Dir(name), "Containerfile")); err != nil || !info.Mode().IsRegular() || path.Base(name) != "Dockerfile" {
		c.report.Missing(diagnostic.Span{File: path.Join(c.tree.Name, name)}, path.Base(name), "it is no file of its own but a link, which is not followed")
	}
}
