package gitlabtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Pipeline is a pipeline that was started.
type Pipeline struct {
	ID                           int64
	Project, Ref, Source, Status string
	// User is who it runs as.
	User              string
	Variables, Inputs map[string]string
	// SHA is the commit; if it is empty, that of the ref.
	SHA string
	// Jobs are the states of its jobs by their names; without any there is one job, build, in the pipeline's own state.
	Jobs map[string]string
}

type pipeline struct {
	Pipeline
	iid     int
	name    string
	created time.Time
}

// Pipelines returns the pipelines of a project, the oldest first.
func (s *Server) Pipelines(path string) []Pipeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Pipeline
	for _, p := range s.find(path).pipelines {
		out = append(out, p.Pipeline)
	}
	return out
}

// AddPipeline adds a pipeline that ended, or not: Project, Ref, Source and Status are the test's, the rest is filled in. The name
// is what workflow:name would give it.
func (s *Server) AddPipeline(p Pipeline, name string, created time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(p.Project).add(s, p, name, created).ID
}

func (p *project) add(s *Server, made Pipeline, name string, created time.Time) *pipeline {
	made.ID, made.Project = s.nextID(), p.Path
	added := &pipeline{Pipeline: made, iid: len(p.pipelines) + 1, name: name, created: created}
	p.pipelines = append(p.pipelines, added)
	return added
}

// trigger starts a pipeline with the token in the body: a trigger's or a job's.
func (s *Server) trigger(w http.ResponseWriter, request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body struct {
		Token, Ref string
		Variables  map[string]any
		Inputs     map[string]any
	}
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "The provided content-type 'application/json' is not supported or the body is not JSON"})
		return
	}
	for name, value := range map[string]string{"ref": body.Ref, "token": body.Token} {
		if value == "" {
			answer(w, http.StatusBadRequest, map[string]string{"error": name + " is missing"})
			return
		}
	}
	c := &call{Server: s, w: w, request: request, project: s.find(request.PathValue("id")), asker: s.tokens[body.Token]}
	source := map[string]string{"job": "pipeline", "trigger": "trigger"}
	switch {
	case c.project == nil:
		c.notFound("Project")
	case c.project.MovedTo != "":
		c.message(http.StatusMethodNotAllowed, "405 Non GET methods are not allowed for moved projects")
	case c.asker == nil || source[c.asker.kind] == "":
		c.message(http.StatusNotFound, "404 Not Found")
	case c.asker.ended && c.asker.kind == "job":
		c.message(http.StatusUnauthorized, "Job is not running")
	case c.asker.ended, c.asker.kind == "trigger" && !strings.EqualFold(c.asker.project, c.project.Path), !c.project.isVisibleTo(c.asker):
		c.message(http.StatusNotFound, "404 Not Found")
	default:
		c.start(source[c.asker.kind], body.Ref, body.Variables, body.Inputs)
	}
}

func createPipeline(c *call) {
	var body struct {
		Ref       string
		Variables []struct{ Key, Value string }
		Inputs    map[string]any
	}
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil || body.Ref == "" {
		c.answer(http.StatusBadRequest, map[string]string{"error": "ref is missing"})
		return
	}
	variables := map[string]any{}
	for _, v := range body.Variables {
		variables[v.Key] = v.Value
	}
	c.start("api", body.Ref, variables, body.Inputs)
}

// start checks what GitLab checks, in its order and its words, and starts a pipeline.
func (c *call) start(source, ref string, variables, inputs map[string]any) {
	for _, value := range variables {
		if _, isText := value.(string); !isText {
			c.message(http.StatusBadRequest, "variables needs to be a map of key-valued strings")
			return
		}
	}
	refuse := func(status int, why string) {
		c.answer(status, map[string]any{"message": map[string]any{"base": []string{why}}})
	}
	if why := c.refusal(ref, variables); why != "" {
		refuse(http.StatusBadRequest, why)
		return
	}
	unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(inputs)), func(name string) bool { return slices.Contains(c.project.Inputs, name) })
	if len(unknown) > 0 { // found when the configuration is read: there is a pipeline by then, and it failed
		c.project.add(c.Server, Pipeline{Ref: ref, Source: source, Status: "failed", User: c.asker.user}, "", time.Now())
		refuse(http.StatusUnprocessableEntity, "`.gitlab-ci.yml`: unknown input arguments: "+strings.Join(unknown, ", "))
		return
	}
	made := c.project.add(c.Server, Pipeline{
		Ref: ref, Source: source, Status: "running", User: c.asker.user, Variables: texts(variables), Inputs: texts(inputs),
	}, "", time.Now())
	c.answer(http.StatusCreated, c.project.show(made))
	c.run(made)
}

func texts(values map[string]any) map[string]string {
	out := map[string]string{}
	for name, value := range values {
		out[name] = fmt.Sprint(value)
	}
	return out
}

// refusal is why no pipeline is started.
func (c *call) refusal(ref string, variables map[string]any) string {
	p, role := c.project, c.project.role(c.asker)
	switch {
	case p.Archived || role < Developer:
		return "Insufficient permissions to create a new pipeline"
	case slices.Contains(p.Protected, ref) && role < Maintainer:
		return "You do not have sufficient permission to run a pipeline on '" + ref + "'. Please select a different branch or contact your administrator for assistance."
	case !p.hasRef(ref):
		return "Reference not found"
	case (len(variables) > 0 || p.IsOld) && role < p.Variables:
		return "Insufficient permissions to set pipeline variables"
	case p.NoJobs:
		return "The resulting pipeline would have been empty. Review the [`rules`](https://docs.gitlab.com/ci/yaml/#rules) configuration for the relevant jobs."
	case c.isOverLimit():
		return "Too many pipelines created in the last minute. Try again later."
	}
	return ""
}

func (c *call) isOverLimit() bool {
	if c.limits.pipelines == 0 {
		return false
	}
	c.limits.pipelines--
	return c.limits.pipelines == 0
}

// run lets the hook run a pipeline.
func (s *Server) run(p *pipeline) {
	hook, copied := s.OnPipeline, p.Pipeline
	s.running.Go(func() {
		status := "success"
		if hook != nil {
			status = hook(copied)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		p.Status = status
	})
}

// show is a pipeline as GitLab answers it.
func (p *project) show(one *pipeline) map[string]any {
	return map[string]any{
		"id": one.ID, "iid": one.iid, "project_id": p.id, "ref": one.Ref, "sha": cmp.Or(one.SHA, commit(p.Path+one.Ref)), "status": one.Status,
		"source": one.Source, "name": one.name, "created_at": one.created.UTC().Format("2006-01-02T15:04:05.000Z"),
		"updated_at": one.created.UTC().Format("2006-01-02T15:04:05.000Z"), "web_url": fmt.Sprintf("%s/-/pipelines/%d", p.url, one.ID),
	}
}

// listPipelines lists child pipelines only if they are asked for: https://docs.gitlab.com/api/pipelines/#list-project-pipelines.
func listPipelines(c *call) {
	after, _ := time.Parse(time.RFC3339, c.query("created_after"))
	var found []map[string]any
	for _, p := range slices.SortedFunc(slices.Values(c.project.pipelines), func(a, b *pipeline) int { return cmp.Compare(b.ID, a.ID) }) {
		shown := c.project.show(p)
		isChosen := p.created.After(after) && (p.Source != "parent_pipeline" || c.query("source") == p.Source)
		for _, name := range []string{"ref", "source", "status", "name", "sha"} {
			isChosen = isChosen && (c.query(name) == "" || c.query(name) == shown[name])
		}
		if isChosen {
			found = append(found, shown)
		}
	}
	page(c, found)
}

// cancelPipeline answers 200 whatever the state of the pipeline is: https://docs.gitlab.com/api/pipelines/#cancel-all-jobs-for-a-pipeline.
func cancelPipeline(c *call) {
	p := c.pipeline()
	if p == nil {
		return
	}
	if slices.Contains(c.project.Protected, p.Ref) && c.project.role(c.asker) < Maintainer {
		c.message(http.StatusForbidden, "403 Forbidden")
		return
	}
	if !slices.Contains([]string{"success", "failed", "canceled", "skipped"}, p.Status) {
		p.Status = "canceled"
	}
	c.answer(http.StatusOK, c.project.show(p))
}

// SetStatus changes the state of a pipeline, as its jobs would.
func (s *Server) SetStatus(path string, id int64, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.find(path).pipelines {
		if p.ID == id {
			p.Status = status
		}
	}
}

func (c *call) pipeline() *pipeline {
	for _, p := range c.project.pipelines {
		if c.is("pipeline", p.ID) {
			return p
		}
	}
	c.message(http.StatusNotFound, "404 Not found")
	return nil
}

func getPipeline(c *call) {
	if p := c.pipeline(); p != nil {
		c.answer(http.StatusOK, c.project.show(p))
	}
}

func listJobs(c *call) {
	p := c.pipeline()
	if p == nil {
		return
	}
	jobs := p.Jobs
	if len(jobs) == 0 {
		jobs = map[string]string{"build": p.Status}
	}
	var shown []map[string]any
	for i, name := range slices.Sorted(maps.Keys(jobs)) {
		id := p.ID*10 + int64(i)
		shown = append(shown, map[string]any{
			"id": id, "name": name, "stage": "build", "status": jobs[name], "allow_failure": false,
			"web_url": fmt.Sprintf("%s/-/jobs/%d", c.project.url, id),
		})
	}
	page(c, shown)
}

var lintKey = regexp.MustCompile(`(?m)^[A-Za-z.][^\n]*:`)

// lint takes what has a key in its first column for a configuration.
func lint(c *call) {
	var body struct{ Content string }
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil || body.Content == "" {
		c.answer(http.StatusBadRequest, map[string]string{"error": "content is missing"})
		return
	}
	problems := []string{}
	if !lintKey.MatchString(body.Content) {
		problems = append(problems, "Please provide content of .gitlab-ci.yml")
	} else if c.OnLint != nil {
		problems = append(problems, c.OnLint(body.Content)...)
	}
	c.answer(http.StatusOK, map[string]any{"valid": len(problems) == 0, "errors": problems, "warnings": []string{}, "merged_yaml": body.Content, "includes": []any{}})
}

// commit is a commit's name made of a text.
func commit(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:40] }
