// Package gitlabtest is a GitLab in the process of a test: the part of the REST API that stemma uses, with GitLab's parameters,
// status codes, error texts, pages, limits and rules for tokens.
//
// It leaves out: running pipelines (a hook decides their results), GitLab's other fields of answers, keyset pages, roles other than those that start pipelines and write, groups (an allowlist names projects),
// fine-grained permissions of job tokens, protected tags, drafts and approvals of merge requests, threads, internal and locked comments, the
// scopes of tokens, and git itself: a branch is a name and a commit.
package gitlabtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// Server is a GitLab on loopback.
type Server struct {
	// URL is its address, without a slash at the end.
	URL string
	// OnPipeline is called for each new pipeline, at once and beside all else, and returns how it ended. Without it pipelines
	// succeed. It is to be set before the first pipeline.
	OnPipeline func(Pipeline) string
	// OnLint returns the errors of a CI configuration. Without it every configuration with a key is valid. It is to be set before the first
	// request.
	OnLint func(content string) []string
	networktest.Faults

	mu       sync.Mutex
	running  sync.WaitGroup
	projects map[string]*project
	tokens   map[string]*token
	lastID   int64
	requests []string
	limits   limits
	users    map[string]int64
}

// New starts a server that ends with the test, after its pipelines.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{projects: map[string]*project{}, tokens: map[string]*token{}, lastID: 1000}
	routes := s.routes()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		s.record(request)
		s.Answer(w, request, func(w http.ResponseWriter) {
			if s.admit(w) {
				routes.ServeHTTP(w, request)
			}
		})
	}))
	s.URL = server.URL
	t.Cleanup(func() {
		s.running.Wait()
		server.CloseClientConnections() // some may hang
		server.Close()
	})
	return s
}

// API is the address of the REST API, what CI_API_V4_URL is in a job.
func (s *Server) API() string { return s.URL + "/api/v4" }

// Wait returns when all pipelines have ended.
func (s *Server) Wait() { s.running.Wait() }

// Requests returns the requests since the last call, "METHOD path?query", with the path as it was sent.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

func (s *Server) record(request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request.Method+" "+request.RequestURI)
}

func (s *Server) nextID() int64 {
	s.lastID++
	return s.lastID
}

// routes are what there is. The job's column says what a job token may ask.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	const byJobs = true
	add := func(pattern string, byJobs bool, handle func(*call)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, request *http.Request) { s.serve(w, request, byJobs, handle) })
	}
	mux.HandleFunc("POST /api/v4/projects/{id}/trigger/pipeline", s.trigger)
	add("GET /api/v4/projects/{id}", !byJobs, getProject)
	add("GET /api/v4/projects/{id}/pipelines", byJobs, listPipelines)
	add("GET /api/v4/projects/{id}/pipelines/{pipeline}", byJobs, getPipeline)
	add("GET /api/v4/projects/{id}/pipelines/{pipeline}/jobs", byJobs, listJobs)
	add("POST /api/v4/projects/{id}/pipeline", !byJobs, createPipeline)
	add("POST /api/v4/projects/{id}/pipelines/{pipeline}/cancel", !byJobs, cancelPipeline)
	add("GET /api/v4/projects/{id}/merge_requests", byJobs, listMergeRequests)
	add("POST /api/v4/projects/{id}/merge_requests", !byJobs, createMergeRequest)
	add("PUT /api/v4/projects/{id}/merge_requests/{iid}", !byJobs, updateMergeRequest)
	add("GET /api/v4/projects/{id}/merge_requests/{iid}", byJobs, getMergeRequest)
	add("GET /api/v4/projects/{id}/merge_requests/{iid}/notes", byJobs, listNotes)
	add("POST /api/v4/projects/{id}/merge_requests/{iid}/notes", !byJobs, createNote)
	add("PUT /api/v4/projects/{id}/merge_requests/{iid}/notes/{note}", !byJobs, updateNote)
	add("DELETE /api/v4/projects/{id}/merge_requests/{iid}/notes/{note}", !byJobs, deleteNote)
	add("GET /api/v4/user", !byJobs, getUser)
	add("GET /api/v4/projects/{id}/registry/repositories", byJobs, listRepositories)
	add("GET /api/v4/projects/{id}/registry/repositories/{repository}/tags", byJobs, listTags)
	add("DELETE /api/v4/projects/{id}/registry/repositories/{repository}/tags/{tag}", byJobs, deleteTag)
	add("POST /api/v4/projects/{id}/ci/lint", !byJobs, lint)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, map[string]string{"error": "404 Not Found"})
	})
	return mux
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// message writes an error as GitLab does: its number is in the text.
func message(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"message": text})
}
