// Package git asks the command git, with the user's own configuration, about a checkout.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// Repository is a checkout, or a folder of one.
type Repository struct {
	Dir     string
	Environ []string
}

// Run runs git and returns what it prints.
func (r Repository) Run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir, command.Env = r.Dir, r.Environ
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &log
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(log.String()))
	}
	return out.String(), nil
}

// Prefix is the folder's path below the top of the checkout, "a/b/" or empty.
func (r Repository) Prefix(ctx context.Context) (string, error) {
	out, err := r.Run(ctx, "rev-parse", "--show-prefix")
	return strings.TrimSuffix(out, "\n"), err
}

// CheckClean fails where files that git knows have changed.
func (r Repository) CheckClean(ctx context.Context) error {
	out, err := r.Run(ctx, "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return err
	}
	if changed := strings.TrimSpace(out); changed != "" {
		return fmt.Errorf("there are changes that are not committed; commit or stash them first:\n%s", changed)
	}
	return nil
}

// CheckCurrent fetches the branch that the present one follows, and fails where that has more. A branch that follows none is
// current.
func (r Repository) CheckCurrent(ctx context.Context) error {
	upstream, err := r.Run(ctx, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
	if err != nil {
		return nil //nolint:nilerr // it follows no branch
	}
	upstream = strings.TrimSpace(upstream)
	remote, _, _ := strings.Cut(upstream, "/")
	if _, err := r.Run(ctx, "fetch", "--quiet", remote); err != nil {
		return err
	}
	behind, err := r.Run(ctx, "rev-list", "--count", "HEAD..@{upstream}")
	if err != nil {
		return err
	}
	if n := strings.TrimSpace(behind); n != "0" {
		return fmt.Errorf("the branch is %s commits behind %s; pull first", n, upstream)
	}
	return nil
}

// Branch makes a branch at HEAD with a checkout of its own in a folder that does not exist yet. What remove is called with
// says whether the branch stays.
func (r Repository) Branch(ctx context.Context, name, folder string) (branch Repository, remove func(keep bool) error, err error) {
	if _, err := r.Run(ctx, "rev-parse", "--verify", "--quiet", "refs/heads/"+name); err == nil {
		return Repository{}, nil, fmt.Errorf("the branch %s exists already; delete it, or choose another name", name)
	}
	if _, err := r.Run(ctx, "worktree", "add", "--quiet", "-b", name, folder, "HEAD"); err != nil {
		return Repository{}, nil, err
	}
	remove = func(keep bool) error {
		after := context.WithoutCancel(ctx)
		_, err := r.Run(after, "worktree", "remove", "--force", folder)
		if !keep {
			_, deleted := r.Run(after, "branch", "--quiet", "-D", name)
			err = errors.Join(err, deleted)
		}
		return err
	}
	return Repository{Dir: folder, Environ: r.Environ}, remove, nil
}

// Commit commits everything.
func (r Repository) Commit(ctx context.Context, message string) error {
	if _, err := r.Run(ctx, "add", "--all"); err != nil {
		return err
	}
	_, err := r.Run(ctx, "commit", "--quiet", "--message", message)
	return err
}

// Push pushes a branch to a remote under its own name. It never replaces what is there.
func (r Repository) Push(ctx context.Context, remote, branch string) error {
	_, err := r.Run(ctx, "push", "--quiet", remote, "refs/heads/"+branch+":refs/heads/"+branch)
	return err
}
