package target

import (
	"context"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Variables returns the variables of every job: those of Inherited, GitLab's address, and the commit if it has exactly the files that
// are built.
func (t Target) Variables(ctx context.Context, p *project.Project) map[string]string {
	v := t.Inherited(p)
	v["CI_SERVER_URL"] = server(ctx, p)
	repository := p.Repository()
	if repository.CheckClean(ctx) != nil {
		return v
	}
	if sha, err := repository.Line(ctx, "rev-parse", "HEAD"); err == nil {
		v["CI_COMMIT_SHA"] = sha
	}
	if branch, err := repository.Branch(ctx); err == nil {
		v["CI_COMMIT_BRANCH"], v["CI_COMMIT_REF_NAME"] = branch, branch
	}
	return v
}

// Inherited returns GitLab's variables about the project, and those of this machine that the compiled jobs inherit.
func (t Target) Inherited(p *project.Project) map[string]string {
	v := map[string]string{"CI_REGISTRY": t.Registry, "CI_REGISTRY_IMAGE": t.Prefix, "CI_PROJECT_PATH": p.Definition.Project}
	if v["CI_PROJECT_PATH"] == "" {
		_, v["CI_PROJECT_PATH"], _ = strings.Cut(t.Prefix, "/")
	}
	shared := slices.Clone(p.Pipeline.Shared)
	if children := p.Pipeline.Children; len(children) > 0 {
		shared = append(shared, children[0].Shared...)
	}
	for _, job := range shared {
		for _, name := range job.Inherit {
			for _, spelled := range []string{name, strings.ToLower(name)} {
				if value := p.Getenv(spelled); value != "" && name != "DOCKER_AUTH_CONFIG" {
					v[spelled] = value
				}
			}
		}
	}
	return v
}

// server returns the address of the GitLab that has the project, from the remote. Jobs read files of other projects from there.
func server(ctx context.Context, p *project.Project) string {
	if server := p.Getenv("CI_SERVER_URL"); server != "" {
		return server
	}
	return p.Repository().Server(ctx, "origin")
}
