package starter

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// origin is something in a project that builds images, and can be imported.
type origin struct {
	// What names it for people.
	What string
	// Kind is an argument of `stemma import`, and Path the next.
	Kind, Path string
}

// Command is what imports it.
func (o origin) Command() string {
	return strings.TrimSpace("stemma import " + strings.Join(o.arguments(), " "))
}

func (o origin) arguments() []string {
	if o.Path == "" {
		return []string{o.Kind}
	}
	return []string{o.Kind, o.Path}
}

// sight is what a walk through a project sees.
type sight struct {
	containerfiles, templates, bakes, zuul []string
	gipgee                                 bool
}

// find looks for what builds images in a project, best first: what says most about the images comes first.
func find(tree fs.FS) ([]origin, error) {
	var seen sight
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".zuul.d":
			return fs.SkipDir
		case !entry.IsDir():
			seen.add(name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for images in the project: %w", err)
	}
	var found []origin
	if seen.gipgee {
		found = append(found, origin{What: "gipgee.yml", Kind: "gipgee"})
	}
	if len(seen.templates) > 0 {
		folder := path.Dir(path.Dir(seen.templates[0]))
		found = append(found, origin{What: terminal.Count(len(seen.templates), "docker-pkg template") + " below " + folder, Kind: "docker-pkg", Path: folder})
	}
	found = append(found, pipelineOrigins(tree)...)
	if isZuul(tree, seen.zuul) {
		found = append(found, origin{What: "Zuul jobs that build images", Kind: "zuul"})
	}
	for _, file := range seen.bakes {
		found = append(found, origin{What: file, Kind: "containerfiles", Path: file})
	}
	if len(seen.containerfiles) > 0 {
		found = append(found, origin{What: terminal.Count(len(seen.containerfiles), "Containerfile") + ", such as " + seen.containerfiles[0], Kind: "containerfiles"})
	}
	return found, nil
}

func (s *sight) add(name string) {
	base := path.Base(name)
	switch {
	case name == "gipgee.yml" || name == "gipgee.yaml":
		s.gipgee = true
	case base == "Dockerfile.template":
		s.templates = append(s.templates, name)
	case isBake(base):
		s.bakes = append(s.bakes, name)
	case isZuulFile(name):
		s.zuul = append(s.zuul, name)
	case isContainerfile(base):
		s.containerfiles = append(s.containerfiles, name)
	}
}

// isBake knows the names that docker looks for, https://docs.docker.com/build/bake/reference/#file-lookup. A compose file that builds
// nothing is an error of the import.
func isBake(base string) bool {
	return base == "docker-bake.hcl" || base == "docker-bake.json"
}

// isZuulFile knows where Zuul looks, https://zuul-ci.org/docs/zuul/latest/project-config.html#configuration-loading.
func isZuulFile(name string) bool {
	switch strings.SplitN(name, "/", 2)[0] {
	case "zuul.yaml", ".zuul.yaml", "zuul.d", ".zuul.d":
		return path.Ext(name) == ".yaml"
	}
	return false
}

func isContainerfile(base string) bool {
	for _, name := range []string{"Containerfile", "Dockerfile"} {
		if base == name || strings.HasPrefix(base, name+".") && path.Ext(base) != ".dockerignore" || strings.HasSuffix(strings.ToLower(base), "."+strings.ToLower(name)) {
			return true
		}
	}
	return false
}

var (
	ciTemplates = pattern.Lazy(`freedesktop/ci-templates`)
	// imageJob matches the commands that build images in jobs.
	imageJob = pattern.Lazy(`/kaniko/executor|\bdocker\s+(image\s+|buildx\s+)?(build|bake)\b|\b(podman|buildah)\s+(build|bud)\b`)
	zuulJob  = pattern.Lazy(`container_images|docker_images|(build|upload|promote)-(container|docker)-image`)
)

// pipelineOrigins are those in .gitlab-ci.yml. A file that cannot be read holds none.
func pipelineOrigins(tree fs.FS) []origin {
	content, err := fs.ReadFile(tree, projectci.File)
	if err != nil {
		return nil
	}
	var found []origin
	if ciTemplates().Match(content) {
		found = append(found, origin{What: "ci-templates in " + projectci.File, Kind: "ci-templates"})
	}
	if imageJob().Match(content) {
		found = append(found, origin{What: "jobs in " + projectci.File + " that build images", Kind: "gitlab-ci"})
	}
	return found
}

func isZuul(tree fs.FS, files []string) bool {
	return slices.ContainsFunc(files, func(file string) bool {
		content, err := fs.ReadFile(tree, file)
		return err == nil && zuulJob().Match(content)
	})
}
