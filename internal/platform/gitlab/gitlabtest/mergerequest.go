package gitlabtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type mergeRequest struct {
	IID    int      `json:"iid"`
	Title  string   `json:"title"`
	Text   string   `json:"description"`
	State  string   `json:"state"`
	Source string   `json:"source_branch"`
	Target string   `json:"target_branch"`
	SHA    string   `json:"sha"`
	Labels []string `json:"labels"`
	URL    string   `json:"web_url"`
	Shared bool     `json:"allow_collaboration"`

	notes []*note
}

// mergeRequestBody is what may be set; nil is not set.
type mergeRequestBody struct {
	Source      string  `json:"source_branch"`
	Target      string  `json:"target_branch"`
	Title       *string `json:"title"`
	Description *string `json:"description"`
	Labels      *string `json:"labels"`
	StateEvent  string  `json:"state_event"`
	Shared      bool    `json:"allow_collaboration"`
}

func (m *mergeRequest) set(body mergeRequestBody) {
	if body.Title != nil {
		m.Title = *body.Title
	}
	if body.Description != nil {
		m.Text = *body.Description
	}
	if body.Labels != nil {
		m.Labels = strings.FieldsFunc(*body.Labels, func(r rune) bool { return r == ',' })
	}
	m.Shared = m.Shared || body.Shared
	if body.Target != "" {
		m.Target = body.Target
	}
	switch body.StateEvent {
	case "close":
		m.State = "closed"
	case "reopen":
		m.State = "opened"
	}
}

func listMergeRequests(c *call) {
	var found []*mergeRequest
	for _, m := range c.project.mergeRequests {
		matches := func(name, value string) bool { return c.query(name) == "" || c.query(name) == value }
		if (matches("state", m.State) || c.query("state") == "all") && matches("source_branch", m.Source) && matches("target_branch", m.Target) {
			found = append([]*mergeRequest{m}, found...)
		}
	}
	page(c, found)
}

func createMergeRequest(c *call) {
	var body mergeRequestBody
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil || body.Title == nil || body.Source == "" || body.Target == "" {
		c.answer(http.StatusBadRequest, map[string]string{"error": "title is missing, source_branch is missing, target_branch is missing"})
		return
	}
	if _, exists := c.project.branches[body.Source]; !exists {
		c.answer(http.StatusUnprocessableEntity, map[string]any{"message": map[string]any{"validate_branches": []string{"Source branch \"" + body.Source + "\" does not exist"}}})
		return
	}
	for _, m := range c.project.mergeRequests {
		if m.State == "opened" && m.Source == body.Source && m.Target == body.Target {
			c.answer(http.StatusConflict, map[string]any{"message": []string{fmt.Sprintf("Another open merge request already exists for this source branch: !%d", m.IID)}})
			return
		}
	}
	iid := len(c.project.mergeRequests) + 1
	made := &mergeRequest{
		IID: iid, State: "opened", Source: body.Source, SHA: c.project.branches[body.Source], Labels: []string{},
		URL: fmt.Sprintf("%s/-/merge_requests/%d", c.project.url, iid),
	}
	made.set(body)
	c.project.mergeRequests = append(c.project.mergeRequests, made)
	c.answer(http.StatusCreated, made)
}

func getMergeRequest(c *call) {
	if m := c.mergeRequest(); m != nil {
		c.answer(http.StatusOK, m)
	}
}

// mergeRequest is the one that the path names; nil where there is none, which has been answered.
func (c *call) mergeRequest() *mergeRequest {
	for _, m := range c.project.mergeRequests {
		if c.is("iid", int64(m.IID)) {
			return m
		}
	}
	c.message(http.StatusNotFound, "404 Not found")
	return nil
}

func updateMergeRequest(c *call) {
	m := c.mergeRequest()
	if m == nil {
		return
	}
	var body mergeRequestBody
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil {
		c.answer(http.StatusBadRequest, map[string]string{"error": "no parameter is given"})
		return
	}
	m.set(body)
	c.answer(http.StatusOK, m)
}
