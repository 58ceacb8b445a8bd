//go:build chaos

package chaos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
)

// history is what the proxy saw happen: tags that moved, and pipelines that were started.
type history struct {
	mu     sync.Mutex
	moves  []move
	starts []start
	// inspect says what is wrong with an image that gets a tag; the empty string if nothing is.
	inspect func(repository, tag string, manifest []byte) string
	// released is what the released tags are now.
	released func() map[string]string
}

// move is a tag that was set.
type move struct {
	repository, tag, digest string
	by                      visitor
	// wrong says why the image should not have got the tag.
	wrong string
}

// start is a pipeline that GitLab started for a job.
type start struct {
	project   string
	id        int64
	variables map[string]string
	// released is what the released tags were when it was started, by reference.
	released map[string]string
}

// moved lets the registry set a tag.
func (h *history) moved(w *httptest.ResponseRecorder, r *http.Request, who visitor, registry http.Handler) {
	manifest, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	path := manifestPath.FindStringSubmatch(r.URL.Path)
	wrong := h.inspect(path[1], path[2], manifest)
	r.Body = io.NopCloser(bytes.NewReader(manifest))
	registry.ServeHTTP(w, r)
	if w.Code/100 != 2 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moves = append(h.moves, move{path[1], path[2], w.Header().Get("Docker-Content-Digest"), who, wrong})
}

var triggerPath = regexp.MustCompile(`/projects/([^/]+)/trigger/pipeline$`)

// started lets GitLab start a pipeline.
func (h *history) started(w *httptest.ResponseRecorder, r *http.Request, gitlab http.Handler) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var asked struct{ Variables map[string]string }
	var made struct{ ID int64 }
	released := h.released()
	r.Body = io.NopCloser(bytes.NewReader(content))
	gitlab.ServeHTTP(w, r)
	if w.Code != http.StatusCreated || json.Unmarshal(content, &asked) != nil || json.Unmarshal(w.Body.Bytes(), &made) != nil {
		return
	}
	path := triggerPath.FindStringSubmatch(r.URL.EscapedPath())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.starts = append(h.starts, start{strings.ReplaceAll(path[1], "%2F", "/"), made.ID, asked.Variables, released})
}

// backwards are the moves of released tags to what an older pipeline wanted, after a newer one had moved them. A pipeline may put a tag to
// what the newest wanted.
func (h *history) backwards(isReleased func(repository, tag string) bool) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	newest := map[string]move{}
	var out []string
	for _, m := range h.moves {
		reference := m.repository + ":" + m.tag
		last, ok := newest[reference]
		switch {
		case !isReleased(m.repository, m.tag):
		case !ok || m.by.pipeline >= last.by.pipeline:
			newest[reference] = m
		case m.digest != last.digest:
			out = append(out, fmt.Sprintf("pipeline %d moved %s back to %s, after pipeline %d had moved it to %s", m.by.pipeline, reference, m.digest, last.by.pipeline, last.digest))
		}
	}
	return out
}

// seen lists what a reference named when each pipeline of a project was started.
func (h *history) seen(project, reference string) []string {
	var out []string
	for _, s := range h.startsOf(project) {
		out = append(out, fmt.Sprintf("%d: %s", s.id, s.released[reference]))
	}
	return out
}

// startsOf are the pipelines that were started in a project.
func (h *history) startsOf(project string) []start {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []start
	for _, s := range h.starts {
		if s.project == project {
			out = append(out, s)
		}
	}
	return out
}
