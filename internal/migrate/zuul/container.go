package zuul

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// quayFields say how a repository is made at Quay.
var (
	quayFields      = []string{"namespace", "repo_shortname", "repo_description", "visibility"}
	containerFields = slices.Concat(quayFields, []string{"context", "registry", "repository", "container_filename", "path", "build_args", "target", "tags", "siblings", "labels", "arch"})
)

// container reads an image of container_images. Its Containerfile is the builder's own choice in the folder that the builder
// is given, unless it is named, and its repository has a registry.
func (c *conversion) container(r *run, n *node) (entry, bool) {
	f := c.fields(r, n, containerFields, dockerFields)
	for _, name := range quayFields {
		if value := n.get(name); value != nil {
			c.note(value.at, name, "a repository at Quay is created by hand, or by its first push")
		}
	}
	environment := f.environment()
	e := entry{
		at: n.at, run: r, credentials: varContainerCredentials,
		target: f.text("target"), tags: f.tags(), labels: f.labels(), platforms: f.platforms(), args: f.arguments(environment),
		env: environment,
	}
	e.repository = c.containerRepository(f)
	context := f.context()
	e.siblings = f.siblings(f.text("path"))
	file := f.text("container_filename")
	if file == "" {
		file = f.setting("container_filename", "")
	}
	if f.isOut || r.stage == promoting && n.get("context") == nil {
		return e, !f.isOut
	}
	e.context = f.place([]string{"path", "context"}, context, f.text("path"))
	if file != "" {
		e.file = f.named(context, file)
	} else if !f.isOut {
		e.file = f.chosen(e.context)
	}
	return e, !f.isOut && f.isThere(e)
}

// containerRepository is the whole name of a repository.
func (c *conversion) containerRepository(f *fields) string {
	repository, registry := f.required("repository"), f.text("registry")
	switch {
	case repository == "":
		return ""
	case hasRegistry(repository):
		if registry != "" && !strings.HasPrefix(repository, registry+"/") {
			c.report.Look(f.n.get("registry").at, registry, "Zuul logs in there and pushes to %s", repository)
		}
		return repository
	case registry != "":
		c.report.Look(f.n.get("repository").at, repository, "it names no registry, so it is taken to be in %s", registry)
		return path.Join(registry, repository)
	}
	c.fail(f.n.get("repository").at, "the repository %s names no registry, and there is no registry beside it", diagnostic.Quote(repository))
	f.isOut = true
	return ""
}

// named is the file of a name: below the image's context, or for Podman in the folder that it is given where there is none.
func (f *fields) named(context, file string) string {
	names := []string{"container_filename", "context"}
	place := f.place(names, context, file)
	if _, err := fs.Stat(f.c.tree.FS, place); err == nil || f.isOut || f.setting("container_command", "podman") != "podman" {
		return place
	}
	given := f.place(names, context, f.text("path"), file)
	if _, err := fs.Stat(f.c.tree.FS, given); err != nil {
		return place
	}
	return given
}

// chosen is the file that the builder takes from a folder: Podman Containerfile or else Dockerfile, and Docker only the latter.
func (f *fields) chosen(folder string) string {
	const containerfile, dockerfile = "Containerfile", "Dockerfile"
	command := f.setting("container_command", "podman")
	if command != "podman" && command != "docker" {
		f.c.fail(f.run.vars["container_command"].at, "container_command is %s, and podman and docker are the ones that are known", diagnostic.Quote(command))
		f.isOut = true
	}
	if _, err := fs.Stat(f.c.tree.FS, path.Join(folder, containerfile)); err != nil || command == "docker" {
		return path.Join(folder, dockerfile)
	}
	_, err := fs.Stat(f.c.tree.FS, path.Join(folder, dockerfile))
	if err == nil && f.run.vars["container_command"] == nil && !isPlainRole(f.run.root) {
		f.c.report.Look(f.n.at, path.Join(folder, containerfile), "Docker would take the Dockerfile beside it: a parent job of another project may set container_command")
	}
	return path.Join(folder, containerfile)
}
