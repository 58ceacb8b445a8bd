package zuul

import "strings"

var dockerFields = []string{"context", "repository", "dockerfile", "path", "build_args", "target", "tags", "siblings", "labels", "arch"}

// docker reads an image of docker_images. Its Containerfile is named from its context, whatever folder the builder is given,
// and its repository has no registry.
func (c *conversion) docker(r *run, n *node) (entry, bool) {
	f := c.fields(r, n, dockerFields, containerFields)
	e := entry{
		at: n.at, run: r, credentials: varDockerCredentials,
		target: f.text("target"), tags: f.tags(), labels: f.labels(), platforms: f.platforms(), args: f.arguments(nil),
	}
	e.repository = c.dockerRepository(f, e.tags)
	context := f.context()
	e.siblings = f.siblings(f.text("path"))
	file := f.text("dockerfile")
	if file == "" {
		file = f.setting("docker_dockerfile", "Dockerfile")
	}
	if f.isOut || r.stage == promoting && n.get("context") == nil {
		return e, !f.isOut
	}
	e.context = f.place([]string{"path", "context"}, context, f.text("path"))
	e.file = f.place([]string{"dockerfile", "context"}, context, file)
	return e, !f.isOut && f.isThere(e)
}

// dockerRepository is the whole name of a repository.
func (c *conversion) dockerRepository(f *fields, t tags) string {
	if f.n.get("repository") == nil && len(t.branch)+len(t.version) == 0 {
		return ""
	}
	repository := f.required("repository")
	if repository == "" || hasRegistry(repository) {
		return repository
	}
	if registry := f.setting("docker_registry", ""); registry != "" {
		return strings.TrimSuffix(registry, "/") + "/" + repository
	}
	return hub(repository)
}

// hub is a repository of the Docker Hub.
func hub(repository string) string {
	if !strings.Contains(repository, "/") {
		repository = "library/" + repository
	}
	return "docker.io/" + repository
}

// hasRegistry says whether a repository begins with a registry.
func hasRegistry(repository string) bool {
	first, _, isPath := strings.Cut(repository, "/")
	return isPath && (strings.ContainsAny(first, ".:") || first == "localhost")
}
