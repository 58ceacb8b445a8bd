package gitlab

import (
	"context"
	"net/http"
	"strings"
)

// MergeRequest is a merge request of a project.
type MergeRequest struct {
	// IID is its number in the project, the one behind the '!'.
	IID         int64  `json:"iid"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// State is "opened", "closed", "merged" or "locked".
	State string `json:"state"`
	// Source and Target are branches; SHA is the head of Source.
	Source string   `json:"source_branch"`
	Target string   `json:"target_branch"`
	SHA    string   `json:"sha"`
	Labels []string `json:"labels"`
	URL    string   `json:"web_url"`
	// AllowsCollaboration says that the target's members may push to Source; it is known where one was asked for.
	AllowsCollaboration bool `json:"allow_collaboration"`
}

// MergeRequestFilter chooses merge requests; empty fields choose all.
type MergeRequestFilter struct{ State, Source, Target string }

// MergeRequests returns the merge requests of a project that a filter chooses.
func (c *Client) MergeRequests(ctx context.Context, project Project, filter MergeRequestFilter) ([]MergeRequest, error) {
	query := map[string]string{"state": filter.State, "source_branch": filter.Source, "target_branch": filter.Target}
	return pages[MergeRequest](ctx, c, call{path: under(project, "merge_requests"), query: query})
}

// MergeRequest returns a merge request.
func (c *Client) MergeRequest(ctx context.Context, project Project, iid int64) (MergeRequest, error) {
	return ask[MergeRequest](ctx, c, call{path: under(project, "merge_requests", iid)})
}

// MergeRequestDraft has the fields of a merge request that is created or changed. If it is changed, empty fields keep their values, and
// Source always does.
type MergeRequestDraft struct {
	Source, Target, Title, Description string
	Labels                             []string
	// RemoveSource lets GitLab delete Source after the merge; it has no effect if a merge request is changed.
	RemoveSource bool
}

// fields are those of new and changed merge requests.
func (d MergeRequestDraft) fields() map[string]any {
	fields := map[string]any{}
	for name, value := range map[string]string{"target_branch": d.Target, "title": d.Title, "description": d.Description} {
		if value != "" {
			fields[name] = value
		}
	}
	if d.Labels != nil {
		fields["labels"] = strings.Join(d.Labels, ",")
	}
	return fields
}

// CreateMergeRequest opens a merge request; a job token may not. GitLab answers 409 where one is open for the same branches.
func (c *Client) CreateMergeRequest(ctx context.Context, project Project, draft MergeRequestDraft) (MergeRequest, error) {
	fields := draft.fields()
	fields["source_branch"], fields["remove_source_branch"] = draft.Source, draft.RemoveSource
	return ask[MergeRequest](ctx, c, call{method: http.MethodPost, path: under(project, "merge_requests"), body: fields})
}

// UpdateMergeRequest changes a merge request; a job token may not.
func (c *Client) UpdateMergeRequest(ctx context.Context, project Project, iid int64, draft MergeRequestDraft) (MergeRequest, error) {
	return ask[MergeRequest](ctx, c, call{method: http.MethodPut, path: under(project, "merge_requests", iid), body: draft.fields()})
}
