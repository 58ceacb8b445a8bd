package gitlab

import (
	"context"
	"fmt"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// User is a user of GitLab. A token of a project or of a group has a user of its own.
type User struct {
	ID   int64
	Name string
}

// User returns the owner of the token. GitLab answers 401 to a job token.
func (c *Client) User(ctx context.Context) (User, error) {
	user, err := call(c.api.Users.CurrentUser(api.WithContext(ctx)))
	if err != nil {
		return User{}, err
	}
	return User{ID: user.ID, Name: user.Username}, nil
}

// Note is a comment of a merge request.
type Note struct {
	ID     int64
	Author User
	// Body is Markdown.
	Body string
}

// Notes returns the comments of a merge request, the oldest first, without those of GitLab itself. It fails if the merge request has more
// comments than it reads.
func (c *Client) Notes(ctx context.Context, project Project, mergeRequest int64) ([]Note, error) {
	sort, order := "asc", "created_at"
	found, err := pages(func(page api.ListOptions) ([]*api.Note, *api.Response, error) {
		return c.api.Notes.ListMergeRequestNotes(project.path, mergeRequest, &api.ListMergeRequestNotesOptions{
			ListOptions: page, Sort: &sort, OrderBy: &order,
		}, api.WithContext(ctx))
	})
	if err != nil {
		return nil, err
	}
	if len(found) >= limit*100 {
		return nil, fmt.Errorf("!%d has more than %d comments and events, which are not read", mergeRequest, limit*100)
	}
	var notes []Note
	for _, n := range found {
		if !n.System {
			notes = append(notes, noteOf(n))
		}
	}
	return notes, nil
}

// CreateNote adds a comment to a merge request. It is sent once unless it is certain that it was not carried out; see IsLost.
func (c *Client) CreateNote(ctx context.Context, project Project, mergeRequest int64, body string) (Note, error) {
	note, err := call(c.api.Notes.CreateMergeRequestNote(project.path, mergeRequest, &api.CreateMergeRequestNoteOptions{Body: &body}, api.WithContext(ctx)))
	if err != nil {
		return Note{}, err
	}
	return noteOf(note), nil
}

// UpdateNote changes the text of a comment. GitLab answers 404 if the comment was deleted.
func (c *Client) UpdateNote(ctx context.Context, project Project, mergeRequest, note int64, body string) error {
	_, err := call(c.api.Notes.UpdateMergeRequestNote(project.path, mergeRequest, note, &api.UpdateMergeRequestNoteOptions{Body: &body}, api.WithContext(ctx)))
	return err
}

// DeleteNote deletes a comment. GitLab answers 404 if it was deleted before.
func (c *Client) DeleteNote(ctx context.Context, project Project, mergeRequest, note int64) error {
	if _, err := c.api.Notes.DeleteMergeRequestNote(project.path, mergeRequest, note, api.WithContext(ctx)); err != nil {
		return plain(err)
	}
	return nil
}

func noteOf(n *api.Note) Note {
	return Note{ID: n.ID, Author: User{ID: n.Author.ID, Name: n.Author.Username}, Body: n.Body}
}
