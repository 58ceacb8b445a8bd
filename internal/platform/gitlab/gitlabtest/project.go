package gitlabtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Role is what a member of a project may do.
type Role int

// The roles.
const (
	// Guest may do nothing that matters here; who is no member at all does not see a private project.
	Guest Role = 10
	// Reporter may read.
	Reporter Role = 20
	// Developer may start pipelines, push to branches that are not protected, and open merge requests.
	Developer Role = 30
	// Maintainer may push to protected branches too.
	Maintainer Role = 40
)

// Project is a project as a test wants it.
type Project struct {
	// Path is "group/project".
	Path string
	// Default is the default branch, "main" when empty; Branches and Tags are others that exist.
	Default        string
	Branches, Tags []string
	// Protected lists branches that only maintainers may run pipelines on.
	Protected []string
	// Public lets everyone read.
	Public, Archived bool
	// Members are by user name.
	Members map[string]Role
	// Allowlist are the paths of the projects whose jobs may come with their token.
	Allowlist []string
	// Variables is the least role that may pass variables to a pipeline; 0 for developers, 99 for nobody.
	Variables Role
	// IsOld counts what GitLab adds to each trigger as a variable of the user's, as it did until 2025.
	IsOld bool
	// Inputs are those that the project's pipelines declare.
	Inputs []string
	// NoJobs lets the rules of the project leave every job out.
	NoJobs bool
	// MovedTo is the path that the project has now.
	MovedTo string
	// Repositories are those of its registry, with their tags and the tags' digests, by the path below the project.
	Repositories map[string]map[string]string
	// ProtectedTags are registry tags that nobody may delete.
	ProtectedTags []string
}

type project struct {
	Project
	id            int64
	url           string
	branches      map[string]string
	pipelines     []*pipeline
	mergeRequests []*mergeRequest
	repositories  []*repository
}

type repository struct {
	id   int64
	path string
	tags map[string]string
}

// AddProject adds a project.
func (s *Server) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Default == "" {
		p.Default = "main"
	}
	if p.Variables == 0 {
		p.Variables = Developer
	}
	made := &project{Project: p, id: s.nextID(), url: s.URL + "/" + p.Path, branches: map[string]string{}}
	for _, branch := range append([]string{p.Default}, p.Branches...) {
		made.branches[branch] = commit(p.Path + branch)
	}
	for path, tags := range p.Repositories {
		made.repositories = append(made.repositories, &repository{id: s.nextID(), path: path, tags: tags})
	}
	s.projects[strings.ToLower(p.Path)] = made
}

// find returns the project of a path or a number.
func (s *Server) find(id string) *project {
	if p, ok := s.projects[strings.ToLower(id)]; ok {
		return p
	}
	number, _ := strconv.ParseInt(id, 10, 64)
	for _, p := range s.projects {
		if p.id == number {
			return p
		}
	}
	return nil
}

func (p *project) hasRef(ref string) bool {
	_, isBranch := p.branches[ref]
	return isBranch || slices.Contains(p.Tags, ref)
}

func getProject(c *call) {
	c.answer(http.StatusOK, map[string]any{
		"id": c.project.id, "path_with_namespace": c.project.Path, "default_branch": c.project.Default,
		"archived": c.project.Archived, "web_url": c.project.url,
	})
}
