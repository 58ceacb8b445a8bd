package gitlabtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (p *project) showBranch(name string) map[string]any {
	return map[string]any{
		"name": name, "commit": map[string]any{"id": p.branches[name]}, "protected": slices.Contains(p.Protected, name),
		"default": name == p.Default, "web_url": p.url + "/-/tree/" + name,
	}
}

func getBranch(c *call) {
	if _, exists := c.project.branches[c.param("branch")]; !exists {
		c.notFound("Branch")
		return
	}
	c.answer(http.StatusOK, c.project.showBranch(c.param("branch")))
}

func createBranch(c *call) {
	var body struct{ Branch, Ref string }
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil || body.Branch == "" || body.Ref == "" {
		c.answer(http.StatusBadRequest, map[string]string{"error": "branch is missing, ref is missing"})
		return
	}
	if _, exists := c.project.branches[body.Branch]; exists {
		c.message(http.StatusBadRequest, "Branch already exists")
		return
	}
	from, exists := c.project.branches[body.Ref]
	if !exists {
		c.message(http.StatusBadRequest, "Invalid reference name: "+body.Ref)
		return
	}
	c.project.branches[body.Branch] = from
	c.answer(http.StatusCreated, c.project.showBranch(body.Branch))
}

func deleteBranch(c *call) {
	name := c.param("branch")
	if _, exists := c.project.branches[name]; !exists {
		c.notFound("Branch")
		return
	}
	if slices.Contains(c.project.Protected, name) || name == c.project.Default {
		c.message(http.StatusForbidden, "403 Forbidden")
		return
	}
	delete(c.project.branches, name)
	c.w.WriteHeader(http.StatusNoContent)
}

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

func getTag(c *call) {
	r := c.repository()
	if r == nil {
		return
	}
	digest, exists := r.tags[c.param("tag")]
	if !exists {
		c.notFound("Tag")
		return
	}
	c.answer(http.StatusOK, map[string]any{"name": c.param("tag"), "digest": digest, "created_at": "2026-01-02T03:04:05.000+00:00"})
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
