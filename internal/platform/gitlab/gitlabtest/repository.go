package gitlabtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func listRepositories(c *call) {
	var out []map[string]any
	for _, r := range c.project.repositories {
		path := strings.ToLower(c.project.Path) + "/" + r.path
		out = append(out, map[string]any{"id": r.id, "name": r.path, "path": path, "project_id": c.project.id, "location": "registry.example.com/" + path})
	}
	page(c, out)
}

// repository is the one that the path names; nil where there is none, which has been answered.
func (c *call) repository() *repository {
	for _, r := range c.project.repositories {
		if c.is("repository", r.id) {
			return r
		}
	}
	c.notFound("Repository")
	return nil
}

func listTags(c *call) {
	if r := c.repository(); r != nil {
		var out []map[string]string
		for _, name := range slices.Sorted(maps.Keys(r.tags)) {
			out = append(out, map[string]string{"name": name})
		}
		page(c, out)
	}
}

func deleteTag(c *call) {
	r := c.repository()
	if r == nil {
		return
	}
	name := c.param("tag")
	if _, exists := r.tags[name]; !exists {
		c.notFound("Tag")
		return
	}
	if slices.Contains(c.project.ProtectedTags, name) {
		c.message(http.StatusForbidden, "403 Forbidden - Insufficient permissions to delete protected container image tag")
		return
	}
	delete(r.tags, name)
	c.w.WriteHeader(http.StatusOK)
}
