package gitlab

import (
	"context"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// MergeRequest is a merge request of a project.
type MergeRequest struct {
	// IID is its number in the project, the one behind the '!'.
	IID                int64
	Title, Description string
	// State is "opened", "closed", "merged" or "locked".
	State string
	// Source and Target are branches; SHA is the head of Source.
	Source, Target, SHA string
	Labels              []string
	URL                 string
	// AllowsCollaboration says that the target's members may push to Source; it is known where one was asked for.
	AllowsCollaboration bool
}

// MergeRequestFilter chooses merge requests; empty fields choose all.
type MergeRequestFilter struct{ State, Source, Target string }

// MergeRequests returns the merge requests of a project that a filter chooses.
func (c *Client) MergeRequests(ctx context.Context, project Project, filter MergeRequestFilter) ([]MergeRequest, error) {
	found, err := pages(func(page api.ListOptions) ([]*api.BasicMergeRequest, *api.Response, error) {
		return c.api.MergeRequests.ListProjectMergeRequests(project.path, &api.ListProjectMergeRequestsOptions{
			ListOptions: page, State: optional(filter.State), SourceBranch: optional(filter.Source), TargetBranch: optional(filter.Target),
		}, api.WithContext(ctx))
	})
	return each(found, func(m *api.BasicMergeRequest) MergeRequest { return mergeRequestOf(*m) }), err
}

// MergeRequest returns a merge request.
func (c *Client) MergeRequest(ctx context.Context, project Project, iid int64) (MergeRequest, error) {
	found, err := call(c.api.MergeRequests.GetMergeRequest(project.path, iid, nil, api.WithContext(ctx)))
	if err != nil {
		return MergeRequest{}, err
	}
	m := mergeRequestOf(found.BasicMergeRequest)
	m.AllowsCollaboration = found.AllowCollaboration
	return m, nil
}

// MergeRequestDraft is what a merge request is made or changed to. Where one is changed, empty fields stay as they are, and
// Source does in any case.
type MergeRequestDraft struct {
	Source, Target, Title, Description string
	Labels                             []string
	// RemoveSource lets GitLab delete Source after the merge; it is only looked at where a merge request is made.
	RemoveSource bool
}

func (d MergeRequestDraft) labels() *api.LabelOptions {
	if d.Labels == nil {
		return nil
	}
	labels := api.LabelOptions(d.Labels)
	return &labels
}

// CreateMergeRequest opens a merge request; a job token may not. GitLab answers 409 where one is open for the same branches.
func (c *Client) CreateMergeRequest(ctx context.Context, project Project, draft MergeRequestDraft) (MergeRequest, error) {
	made, err := call(c.api.MergeRequests.CreateMergeRequest(project.path, &api.CreateMergeRequestOptions{
		SourceBranch: &draft.Source, TargetBranch: &draft.Target, Title: &draft.Title, Description: optional(draft.Description),
		Labels: draft.labels(), RemoveSourceBranch: &draft.RemoveSource,
	}, api.WithContext(ctx)))
	if err != nil {
		return MergeRequest{}, err
	}
	return mergeRequestOf(made.BasicMergeRequest), nil
}

// UpdateMergeRequest changes a merge request; a job token may not.
func (c *Client) UpdateMergeRequest(ctx context.Context, project Project, iid int64, draft MergeRequestDraft) (MergeRequest, error) {
	changed, err := call(c.api.MergeRequests.UpdateMergeRequest(project.path, iid, &api.UpdateMergeRequestOptions{
		TargetBranch: optional(draft.Target), Title: optional(draft.Title), Description: optional(draft.Description), Labels: draft.labels(),
	}, api.WithContext(ctx)))
	if err != nil {
		return MergeRequest{}, err
	}
	return mergeRequestOf(changed.BasicMergeRequest), nil
}

func mergeRequestOf(m api.BasicMergeRequest) MergeRequest {
	return MergeRequest{
		IID: m.IID, Title: m.Title, Description: m.Description, State: m.State, Source: m.SourceBranch, Target: m.TargetBranch, SHA: m.SHA,
		Labels: m.Labels, URL: m.WebURL,
	}
}
