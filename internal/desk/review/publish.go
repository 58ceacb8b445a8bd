package review

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

// TokenVariable is the variable with an access token for the comment. Without it there is no comment.
const TokenVariable = "STEMMA_REVIEW_TOKEN"

// Publish prints the review, writes review.txt and review.html into a folder, and keeps the comment of the merge request up to date if there is
// a token. It returns cli.ErrFindings if the new version cannot be compiled. The old version may be broken: this merge request may repair it. The
// files exist even if the comment fails.
func (r Review) Publish(ctx context.Context, std cli.Streams, getenv func(string) string, folder string) error {
	text := r.Diff.Text()
	if _, err := io.WriteString(std.Out, text); err != nil {
		return err
	}
	var page bytes.Buffer
	err := r.HTML(&page)
	if err == nil {
		err = write(folder, map[string][]byte{"review.txt": []byte(text), "review.html": page.Bytes()})
	}
	if err != nil {
		return fmt.Errorf("write the review: %w", err)
	}
	fmt.Fprintf(std.Err, "\nThe review is in %s\n", filepath.Join(folder, "review.html"))
	if err := r.comment(ctx, std, getenv, folder); err != nil {
		return err
	}
	if len(r.Diff.New.Findings) > 0 {
		return cli.ErrFindings
	}
	return nil
}

func write(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// comment keeps the comment up to date, and says what it did.
func (r Review) comment(ctx context.Context, std cli.Streams, getenv func(string) string, folder string) error {
	secret, number := getenv(TokenVariable), getenv("CI_MERGE_REQUEST_IID")
	if secret == "" || number == "" {
		why := TokenVariable + " is not set"
		if number == "" {
			why = "this is not the pipeline of a merge request"
		}
		fmt.Fprintf(std.Err, "There is no comment: %s\n", why)
		return nil
	}
	project, err := gitlab.ParseProject(getenv("CI_MERGE_REQUEST_PROJECT_PATH"))
	if err != nil {
		return variableError{"CI_MERGE_REQUEST_PROJECT_PATH", err}
	}
	c := Comment{Project: project, Folder: r.Folder, Text: r.Markdown(link(getenv("CI_JOB_URL"), folder)), HasEffect: r.Diff.HasFindings() || !r.Diff.IsEmpty()}
	for name, value := range map[string]*int64{"CI_MERGE_REQUEST_IID": &c.MergeRequest, "CI_PIPELINE_ID": &c.Pipeline} {
		if *value, err = strconv.ParseInt(getenv(name), 10, 64); err != nil {
			return variableError{name, fmt.Errorf("%q is not a number", getenv(name))}
		}
	}
	client, err := gitlab.Connect(getenv, getenv("CI_API_V4_URL"), gitlab.NewToken(gitlab.Private, secret, TokenVariable))
	if err != nil {
		return err
	}
	outcome, err := c.Keep(ctx, client)
	if err == nil {
		fmt.Fprintf(std.Err, "The comment of !%d %s\n", c.MergeRequest, outcome)
	}
	return err
}

// variableError is a variable with a value of the wrong form.
type variableError struct {
	name string
	err  error
}

func (e variableError) Error() string          { return e.name + ": " + e.err.Error() }
func (e variableError) IsAboutVariables() bool { return true }

// link returns Markdown that leads to the files of the job, or nothing if the address of the job is not known.
func link(job, folder string) string {
	address, err := url.Parse(job)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || filepath.IsAbs(folder) {
		return ""
	}
	return fmt.Sprintf("[The whole review](<%s/>)", address.JoinPath("artifacts", "browse", filepath.ToSlash(folder)))
}
