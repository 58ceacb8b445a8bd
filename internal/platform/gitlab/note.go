package gitlab

import (
	"context"
	"fmt"
	"net/http"
)

// User is a user of GitLab. A token of a project or of a group has a user of its own.
type User struct {
	ID   int64  `json:"id"`
	Name string `json:"username"`
}

// User returns the owner of the token. GitLab answers 401 to a job token.
func (c *Client) User(ctx context.Context) (User, error) {
	return ask[User](ctx, c, call{path: []any{"user"}})
}

// Note is a comment of a merge request.
type Note struct {
	ID     int64 `json:"id"`
	Author User  `json:"author"`
	// Body is Markdown.
	Body string `json:"body"`
}

// Notes returns the comments of a merge request, the oldest first, without those of GitLab itself. It fails if the merge request has more
// comments than it reads.
func (c *Client) Notes(ctx context.Context, project Project, mergeRequest int64) ([]Note, error) {
	type anyNote struct {
		Note
		// IsSystem says that GitLab wrote it.
		IsSystem bool `json:"system"`
	}
	query := map[string]string{"sort": "asc", "order_by": "created_at"}
	found, err := pages[anyNote](ctx, c, call{path: notes(project, mergeRequest), query: query})
	if err != nil {
		return nil, err
	}
	if len(found) >= limit*100 {
		return nil, fmt.Errorf("!%d has more than %d comments and events, which are not read", mergeRequest, limit*100)
	}
	var notes []Note
	for _, n := range found {
		if !n.IsSystem {
			notes = append(notes, n.Note)
		}
	}
	return notes, nil
}

// CreateNote adds a comment to a merge request. It is sent once unless it is certain that it was not carried out; see IsLost.
func (c *Client) CreateNote(ctx context.Context, project Project, mergeRequest int64, body string) (Note, error) {
	return ask[Note](ctx, c, call{method: http.MethodPost, path: notes(project, mergeRequest), body: map[string]string{"body": body}})
}

// UpdateNote changes the text of a comment. GitLab answers 404 if the comment was deleted.
func (c *Client) UpdateNote(ctx context.Context, project Project, mergeRequest, note int64, body string) error {
	_, err := ask[Note](ctx, c, call{method: http.MethodPut, path: notes(project, mergeRequest, note), body: map[string]string{"body": body}})
	return err
}

// DeleteNote deletes a comment. GitLab answers 404 if it was deleted before.
func (c *Client) DeleteNote(ctx context.Context, project Project, mergeRequest, note int64) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: notes(project, mergeRequest, note)}, nil)
	return err
}

// notes is the path of a merge request's comments.
func notes(project Project, mergeRequest int64, segments ...any) []any {
	return under(project, append([]any{"merge_requests", mergeRequest, "notes"}, segments...)...)
}
