package gitlabtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// token is a token and whose it is.
type token struct {
	kind, user string
	// project is the one of the job, or the one that a trigger token starts pipelines of.
	project string
	ended   bool
}

// JobToken returns the token of a running job of a project, started by a user.
func (s *Server) JobToken(user, project string) string {
	return s.addToken(token{kind: "job", user: user, project: project})
}

// TriggerToken returns a trigger token of a project, owned by a user.
func (s *Server) TriggerToken(user, project string) string {
	return s.addToken(token{kind: "trigger", user: user, project: project})
}

// PrivateToken returns an access token of a user.
func (s *Server) PrivateToken(user string) string {
	return s.addToken(token{kind: "private", user: user})
}

func (s *Server) addToken(t token) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := fmt.Sprintf("gl%s-%08d", t.kind, s.nextID())
	s.tokens[secret] = &t
	return secret
}

// End ends a job, or takes a token back: it is refused from now on.
func (s *Server) End(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[secret].ended = true
}

// call is a request with who asks and what about.
type call struct {
	*Server
	w       http.ResponseWriter
	request *http.Request
	project *project
	// asker is nil for nobody.
	asker *token
}

func (c *call) answer(status int, body any)     { answer(c.w, status, body) }
func (c *call) message(status int, text string) { message(c.w, status, text) }
func (c *call) notFound(what string)            { c.message(http.StatusNotFound, "404 "+what+" Not Found") }
func (c *call) param(name string) string        { return c.request.PathValue(name) }
func (c *call) is(name string, number int64) bool {
	return c.param(name) == strconv.FormatInt(number, 10)
}
func (c *call) query(name string) string { return c.request.URL.Query().Get(name) }

func containsFold(list []string, value string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, value) })
}

// serve finds out who asks and about which project, as far as both may be known, and lets the handler answer.
func (s *Server) serve(w http.ResponseWriter, request *http.Request, byJobs bool, handle func(*call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Server: s, w: w, request: request}
	if !c.authenticate(byJobs) {
		return
	}
	if request.PathValue("id") == "" {
		handle(c)
		return
	}
	isRead, least := request.Method == http.MethodGet, Developer
	if strings.Contains(request.URL.Path, "/notes") {
		least = Reporter
	}
	c.project = s.find(c.param("id"))
	switch {
	case c.asker == nil && !isRead:
		c.message(http.StatusUnauthorized, "401 Unauthorized")
	case c.project == nil || !c.project.isVisibleTo(c.asker):
		c.notFound("Project")
	case c.project.MovedTo != "" && !isRead:
		c.message(http.StatusMethodNotAllowed, "405 Non GET methods are not allowed for moved projects")
	case c.project.MovedTo != "":
		w.Header().Set("Location", fmt.Sprintf("%s/projects/%d", s.API(), c.project.id))
		c.message(http.StatusMovedPermanently, "This resource has been moved permanently")
	case c.asker != nil && c.asker.kind == "job" && strings.Contains(request.URL.Path, "/registry/") && !strings.EqualFold(c.asker.project, c.project.Path):
		c.notFound("Project")
	case !isRead && (c.project.Archived || c.project.role(c.asker) < least):
		c.message(http.StatusForbidden, "403 Forbidden")
	default:
		handle(c)
	}
}

// authenticate finds the asker. A job token counts for nothing where it may not be used, and one that ended for less.
func (c *call) authenticate(byJobs bool) bool {
	header, kind := "PRIVATE-TOKEN", "private"
	secret := c.request.Header.Get(header)
	if secret == "" {
		secret, kind = c.request.Header.Get("JOB-TOKEN"), "job"
		if !byJobs {
			secret = ""
		}
	}
	if secret == "" {
		return true
	}
	known, ok := c.tokens[secret]
	switch {
	case !ok || known.kind != kind:
		c.message(http.StatusUnauthorized, "401 Unauthorized")
		return false
	case known.ended && kind == "private":
		c.answer(http.StatusUnauthorized, map[string]string{
			"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user.",
		})
		return false
	case known.ended:
		c.message(http.StatusUnauthorized, "401 Unauthorized")
		return false
	}
	c.asker = known
	return true
}

// admits reports whether a job may come with its token.
func (p *project) admits(t *token) bool {
	return t.kind != "job" || strings.EqualFold(t.project, p.Path) || containsFold(p.Allowlist, t.project)
}

func (p *project) isVisibleTo(t *token) bool {
	return p.Public || t != nil && p.admits(t) && p.Members[t.user] > 0
}

func (p *project) role(t *token) Role {
	if t == nil || !p.admits(t) {
		return 0
	}
	return p.Members[t.user]
}
