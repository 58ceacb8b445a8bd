package fairy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

// MergeRequests is the part of GitLab that CheckMergeRequest asks.
type MergeRequests interface {
	MergeRequest(ctx context.Context, project gitlab.Project, iid int64) (gitlab.MergeRequest, error)
}

// CheckMergeRequest returns what is wrong with the merge request that a pipeline is for, or with the first open one of its
// branch.
func CheckMergeRequest(ctx context.Context, api MergeRequests, getenv func(string) string, requireCollaboration bool) ([]string, error) {
	project, iid, err := mergeRequestOf(getenv)
	if err != nil {
		return nil, err
	}
	found, err := api.MergeRequest(ctx, project, iid)
	if err != nil {
		return nil, fmt.Errorf("ask for the merge request: %w", err)
	}
	if requireCollaboration && !found.AllowsCollaboration {
		return []string{"members of the project may not push to the merge request's branch: edit it and allow commits from members who can merge"}, nil
	}
	return nil, nil
}

// mergeRequestOf finds the merge request in the variables of a pipeline, "group/project!7" among them.
func mergeRequestOf(getenv func(string) string) (gitlab.Project, int64, error) {
	path, number := getenv("CI_MERGE_REQUEST_PROJECT_PATH"), getenv("CI_MERGE_REQUEST_IID")
	if number == "" {
		first, _, _ := strings.Cut(getenv("CI_OPEN_MERGE_REQUESTS"), ",")
		path, number, _ = strings.Cut(first, "!")
	}
	if number == "" {
		return gitlab.Project{}, 0, errors.New("this pipeline belongs to no merge request: there is neither CI_MERGE_REQUEST_IID nor CI_OPEN_MERGE_REQUESTS")
	}
	iid, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return gitlab.Project{}, 0, fmt.Errorf("%q is not the number of a merge request", number)
	}
	project, err := gitlab.ParseProject(path)
	return project, iid, err
}
