package fairy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// Git is a checkout.
type Git struct{ git.Repository }

// Commits returns the commits of a range, the oldest first, without merges.
func (g Git) Commits(ctx context.Context, rng string) ([]Commit, error) {
	out, err := g.Run(ctx, "log", "-z", "--reverse", "--no-merges", "--format=%H%n%an%n%ae%n%B", "--end-of-options", rng)
	if err != nil {
		return nil, err
	}
	var commits []Commit
	for record := range strings.SplitSeq(out, "\x00") {
		fields := strings.SplitN(record, "\n", 4)
		if len(fields) == 4 {
			commits = append(commits, Commit{ID: fields[0], Author: fields[1], Email: fields[2], Message: strings.TrimRight(fields[3], "\n")})
		}
	}
	return commits, nil
}

// FindSigned finds out which commits carry a signature.
func (g Git) FindSigned(ctx context.Context, commits []Commit) error {
	for i := range commits {
		object, err := g.Run(ctx, "cat-file", "commit", commits[i].ID)
		if err != nil {
			return err
		}
		header, _, _ := strings.Cut(object, "\n\n")
		commits[i].IsSigned = strings.Contains(header, "\ngpgsig ") || strings.Contains(header, "\ngpgsig-sha256 ")
	}
	return nil
}

// Range finds the commits that a branch adds: those of the merge request, or those that the upstream project's branch does not
// have. It fetches that branch where that is needed.
func (g Git) Range(ctx context.Context, getenv func(string) string, branch string) (string, error) {
	if base := getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"); base != "" && branch == "" {
		if _, err := g.Run(ctx, "cat-file", "-e", base+"^{commit}"); err == nil {
			return base + "..HEAD", nil
		}
	}
	if branch == "" {
		branch = getenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
	}
	if branch == "" {
		branch = getenv("CI_DEFAULT_BRANCH")
	}
	project := getenv("FDO_UPSTREAM_REPO")
	if project == "" {
		project = getenv("CI_MERGE_REQUEST_PROJECT_PATH")
	}
	if project == "" {
		project = getenv("CI_PROJECT_PATH")
	}
	server := getenv("CI_SERVER_URL")
	if branch == "" || project == "" || server == "" {
		return "", errors.New("outside of GitLab's CI the range of commits must be given, such as main..HEAD")
	}
	args := []string{"fetch", "--quiet", "--no-tags"}
	if shallow, err := g.Run(ctx, "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(shallow) == "true" {
		args = append(args, "--unshallow")
	}
	if _, err := g.Run(ctx, append(args, "--end-of-options", server+"/"+project+".git", branch)...); err != nil {
		return "", fmt.Errorf("fetch the branch %s of %s: %w", branch, project, err)
	}
	return "FETCH_HEAD..HEAD", nil
}
