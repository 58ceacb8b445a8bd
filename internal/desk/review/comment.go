package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Comment is the comment of a merge request about one definition.
type Comment struct {
	Project      gitlab.Project
	MergeRequest int64
	// Pipeline is the id of the pipeline that writes it. Newer pipelines have higher ids.
	Pipeline int64
	// Folder is the folder of the definition in the repository. The definitions of a repository have a comment each.
	Folder string
	// Text is Markdown, at most 1,000,000 characters.
	Text string
	// HasEffect is false if the merge request changes neither images nor jobs. Then no comment is added, but an earlier one is updated.
	HasEffect bool
}

// Outcome says what happened to the comment. It is the end of a sentence that begins with "the comment ".
type Outcome string

// The outcomes.
const (
	Added     Outcome = "was added"
	Updated   Outcome = "was updated"
	Unchanged Outcome = "is up to date"
	Newer     Outcome = "stays as a newer pipeline wrote it"
	NotNeeded Outcome = "is not needed: the images and the jobs stay the same"
)

// marker is the first line of the comment. A line of HTML is not visible on the page:
// https://docs.gitlab.com/user/markdown/#inline-html.
var marker = pattern.Lazy(`^<!-- stemma-review ([0-9a-f]{16}) ([0-9]{1,18}) -->`)

// ours is a comment that the owner of the token wrote about the folder.
type ours struct {
	gitlab.Note
	pipeline int64
}

// Keep brings the comment up to date, so that the merge request has exactly one about the folder. Only comments of the token's own user
// count: everyone else could write the marker, too. Two pipelines may run at the same time: the older one leaves the newer one's text as it is, and each removes
// a second comment. GitLab cannot compare and write in one step, so the component lets only one review of a merge request run at a time.
func (c Comment) Keep(ctx context.Context, client *gitlab.Client) (Outcome, error) {
	outcome, err := c.keep(ctx, client)
	if gitlab.Status(err) == http.StatusNotFound { // someone deleted the comment in between
		outcome, err = c.keep(ctx, client)
	}
	return outcome, c.explain(err)
}

func (c Comment) keep(ctx context.Context, client *gitlab.Client) (Outcome, error) {
	me, err := client.User(ctx)
	if err != nil {
		return "", err
	}
	found, err := c.find(ctx, client, me)
	switch {
	case err != nil:
		return "", err
	case len(found) > 0:
		return c.settle(ctx, client, found)
	case !c.HasEffect:
		return NotNeeded, nil
	}
	_, failed := client.CreateNote(ctx, c.Project, c.MergeRequest, c.body())
	if failed != nil && !gitlab.IsLost(failed) {
		return "", failed
	}
	// Another pipeline may have added one at the same time, and a request without an answer may have done so, too.
	found, err = c.find(ctx, client, me)
	if err != nil || len(found) == 0 {
		return "", errors.Join(failed, err)
	}
	if outcome, err := c.settle(ctx, client, found); err != nil || outcome == Newer {
		return outcome, err
	}
	return Added, nil
}

// find returns the comments about the folder, the oldest first.
func (c Comment) find(ctx context.Context, client *gitlab.Client, me gitlab.User) ([]ours, error) {
	notes, err := client.Notes(ctx, c.Project, c.MergeRequest)
	if err != nil {
		return nil, err
	}
	var found []ours
	for _, note := range notes {
		match := marker().FindStringSubmatch(note.Body)
		if match == nil || match[1] != c.key() || note.Author.ID != me.ID {
			continue
		}
		pipeline, err := strconv.ParseInt(match[2], 10, 64)
		if err == nil {
			found = append(found, ours{note, pipeline})
		}
	}
	return found, nil
}

// settle leaves one of the comments, the oldest, with the text of the newest pipeline.
func (c Comment) settle(ctx context.Context, client *gitlab.Client, found []ours) (Outcome, error) {
	newest := slices.MaxFunc(found, func(a, b ours) int { return int(a.pipeline - b.pipeline) })
	outcome, body := Updated, c.body()
	if newest.pipeline > c.Pipeline {
		outcome, body = Newer, newest.Body
	}
	if found[0].Body != body {
		if err := client.UpdateNote(ctx, c.Project, c.MergeRequest, found[0].ID, body); err != nil {
			return "", err
		}
	} else if outcome == Updated {
		outcome = Unchanged
	}
	for _, second := range found[1:] {
		if err := client.DeleteNote(ctx, c.Project, c.MergeRequest, second.ID); err != nil && gitlab.Status(err) != http.StatusNotFound {
			return "", err
		}
	}
	return outcome, nil
}

// key identifies the folder in the marker. It is a hash, so that no name of a folder ends the marker.
func (c Comment) key() string {
	sum := sha256.Sum256([]byte(c.Folder))
	return hex.EncodeToString(sum[:8])
}

func (c Comment) body() string {
	return fmt.Sprintf("<!-- stemma-review %s %d -->\n%s", c.key(), c.Pipeline, withoutCommands(c.Text))
}

// withoutCommands returns a text without quick actions: GitLab carries out a line of a comment that begins with a slash, such as "/merge", with
// the rights of the token: https://docs.gitlab.com/user/project/quick_actions/. The texts here have none, and this is the proof.
func withoutCommands(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if rest := strings.TrimLeft(line, " \t"); strings.HasPrefix(rest, "/") {
			line = line[:len(line)-len(rest)] + `\` + rest
		}
		out.WriteString(line)
	}
	return out.String()
}

// explain adds to an error what to do.
func (c Comment) explain(err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	switch gitlab.Status(err) {
	case http.StatusUnauthorized:
		hint = fmt.Sprintf("\nThe token in %s has expired or was revoked: rotate it, or remove the variable", TokenVariable)
	case http.StatusForbidden:
		hint = fmt.Sprintf("\nThe token in %s needs the scope api, and its user the role Reporter in %s", TokenVariable, c.Project)
	case http.StatusNotFound:
		hint = fmt.Sprintf("\nThe user of the token in %s does not see !%d: add the user to the members of %s with the role Reporter", TokenVariable, c.MergeRequest, c.Project)
	}
	return fmt.Errorf("comment on !%d of %s: %w%s", c.MergeRequest, c.Project, err, hint)
}
