package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// base is the commit to compare with, and its name for people.
type base struct{ name, commit string }

// InMergeRequest returns the commit that the pipeline of a merge request compares with, or nothing in other pipelines. In a merged results
// pipeline the work tree has the newest commits of the target branch, so it is the head of that branch:
// https://docs.gitlab.com/ci/variables/predefined_variables/#predefined-variables-for-merge-request-pipelines.
func InMergeRequest(getenv func(string) string) string {
	return cmp.Or(getenv("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
}

// inMergeRequest describes the commit of InMergeRequest.
func inMergeRequest(getenv func(string) string) string {
	if getenv("CI_MERGE_REQUEST_TARGET_BRANCH_SHA") == "" {
		return "the commit where the merge request begins"
	}
	return "the head of " + cmp.Or(getenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), "the target branch")
}

// findBase returns the commit that a reference names. Without a reference it is the one where the merge request began, or the merge base
// with the default branch.
func findBase(ctx context.Context, repository git.Repository, getenv func(string) string, ref string) (base, error) {
	if err := checkRepository(ctx, repository, ref); err != nil {
		return base{}, err
	}
	if strings.HasPrefix(ref, "-") || strings.HasPrefix(ref, "^") || strings.Contains(ref, "..") {
		return base{}, cli.Usagef("%q is no commit: name one commit, a branch or a tag, which does not begin with - or ^ and has no .. in it", ref)
	}
	if ref != "" {
		return resolve(ctx, repository, ref)
	}
	if commit := InMergeRequest(getenv); commit != "" {
		from, err := resolve(ctx, repository, commit)
		return base{inMergeRequest(getenv), from.commit}, err
	}
	branch, err := defaultBranch(ctx, repository, getenv("CI_DEFAULT_BRANCH"))
	if err != nil {
		return base{}, err
	}
	merged, err := repository.Line(ctx, "merge-base", "HEAD", branch)
	if err != nil {
		return base{}, noMergeBase(ctx, repository, branch)
	}
	return base{"the merge base with " + branch, merged}, nil
}

// checkRepository returns a usage error if there is no work tree, or no commit to compare with unless a reference names one.
func checkRepository(ctx context.Context, repository git.Repository, ref string) error {
	inside, err := repository.Line(ctx, "rev-parse", "--is-inside-work-tree")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return cli.Usagef("diff needs the program git: install it")
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return cli.Usagef("diff compares with a commit, but %w", err)
	case inside != "true":
		return cli.Usagef("diff needs a work tree, and this is a bare repository: run it in a clone")
	}
	if ref != "" {
		return nil
	}
	if _, err := repository.Run(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); err != nil {
		return cli.Usagef("there is no commit to compare with: commit first")
	}
	return nil
}

// resolve returns the commit that a reference names.
func resolve(ctx context.Context, repository git.Repository, ref string) (base, error) {
	commit, err := repository.Line(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	if err == nil {
		return base{title(ctx, repository, ref), commit}, nil
	}
	if kind, err := repository.Line(ctx, "cat-file", "-t", ref); err == nil {
		return base{}, cli.Usagef("%s is a %s, not a commit: name a commit, a branch or a tag", ref, kind)
	}
	return base{}, cli.Usagef("git knows no commit %q%s", ref, fetchHint(ctx, repository, ref))
}

// title names a reference for people. Of a tag and a branch with the same name, git means the tag: https://git-scm.com/docs/gitrevisions.
func title(ctx context.Context, repository git.Repository, ref string) string {
	for _, kind := range []string{"tags", "heads"} {
		if _, err := repository.Run(ctx, "rev-parse", "--verify", "--quiet", "refs/"+kind+"/"+ref); err != nil {
			return ref
		}
	}
	return "the tag " + ref + ", which is also the name of a branch"
}

// expression matches what names a commit by its place in the history or by the beginning of its hash. A remote does not know such names.
var expression = pattern.Lazy(`[~^@]|^[0-9a-f]{7,39}$`)

// fetchHint says how to get a commit that git does not know.
func fetchHint(ctx context.Context, repository git.Repository, ref string) string {
	if expression().MatchString(ref) {
		if isShallow(ctx, repository) {
			return ", and the clone is shallow: " + unshallow
		}
		return ": `git log --all` lists commits"
	}
	if remote, _ := repository.Line(ctx, "remote"); remote != "" {
		return fmt.Sprintf(": if it is on the server, run `git fetch %s %s`, and then `stemma diff FETCH_HEAD`", remote, strings.TrimPrefix(ref, remote+"/"))
	}
	return ": `git branch --all` and `git tag` list names"
}

// unshallow says how to get the history. For a job without a depth, GitLab fetches all branches:
// https://docs.gitlab.com/ci/runners/configure_runners/#shallow-cloning.
const unshallow = "run `git fetch --unshallow`, or set the variable GIT_DEPTH to 0 for the job"

func isShallow(ctx context.Context, repository git.Repository) bool {
	isShallow, err := repository.Line(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && isShallow == "true"
}

// defaultBranch returns the first of the usual names of the default branch that exists.
func defaultBranch(ctx context.Context, repository git.Repository, inCI string) (string, error) {
	candidates := []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"}
	if inCI != "" {
		candidates = append([]string{"origin/" + inCI, inCI}, candidates...)
	}
	for _, candidate := range candidates {
		if _, err := repository.Run(ctx, "rev-parse", "--verify", "--quiet", candidate+"^{commit}"); err == nil {
			if full, err := repository.Line(ctx, "rev-parse", "--abbrev-ref", candidate); err == nil && candidate == "origin/HEAD" {
				return full, nil
			}
			return candidate, nil
		}
	}
	if remote, _ := repository.Line(ctx, "remote"); remote != "" {
		return "", noDefaultBranch(ctx, repository, remote, inCI)
	}
	return "", cli.Usagef("the default branch is not known here: name a commit or a branch to compare with, such as `stemma diff HEAD~1`")
}

// noDefaultBranch says how to get the default branch, with its history.
func noDefaultBranch(ctx context.Context, repository git.Repository, remote, inCI string) error {
	option := ""
	if isShallow(ctx, repository) {
		option = "--unshallow "
	}
	if inCI != "" {
		return cli.Usagef("the clone does not have the default branch: run `git fetch %s%s +%s:refs/remotes/%[2]s/%[3]s`, or set the variable GIT_DEPTH to 0 for the job", option, remote, inCI)
	}
	return cli.Usagef("the clone does not have the default branch: if it is main, run `git fetch %s%s +main:refs/remotes/%[2]s/main`. If it has another name, use that, and then run `git remote set-head %[2]s NAME`", option, remote)
}

func noMergeBase(ctx context.Context, repository git.Repository, branch string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case isShallow(ctx, repository):
		return cli.Usagef("the clone is shallow, and git finds no commit that HEAD and %[1]s have in common: %[2]s. `stemma diff %[1]s` compares with the branch as it is now", branch, unshallow)
	default:
		return cli.Usagef("HEAD and %s have no commit in common: name a commit to compare with", branch)
	}
}
