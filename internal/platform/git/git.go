// Package git asks the command git, with the user's own configuration, about a checkout.
package git

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// Repository is a checkout, or a folder of one. Without Environ git has the environment of this process.
type Repository struct {
	Dir     string
	Environ []string
}

// with returns an environment in which git has one more setting.
func with(environ []string, key, value string) []string {
	count := 0
	for _, entry := range environ {
		if text, ok := strings.CutPrefix(entry, "GIT_CONFIG_COUNT="); ok {
			count, _ = strconv.Atoi(text)
		}
	}
	return append(slices.Clone(environ),
		fmt.Sprintf("GIT_CONFIG_COUNT=%d", count+1), fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", count, key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count, value))
}

// WithPassword returns an environment in which git logs in to a server. Git sends the password in a header, which no other process sees and no
// message shows.
func WithPassword(environ []string, server, user, password string) []string {
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return with(environ, "http."+server+"/.extraHeader", "Authorization: Basic "+basic)
}

// Run runs git and returns what it prints. A remote that cannot be reached is a failure outside.
func (r Repository) Run(ctx context.Context, args ...string) (string, error) {
	return r.runWith(ctx, "", args...)
}

// Line is Run for commands that print one line. It returns the line without its end.
func (r Repository) Line(ctx context.Context, args ...string) (string, error) {
	out, err := r.Run(ctx, args...)
	line, _, _ := strings.Cut(out, "\n")
	return strings.TrimSpace(line), err
}

// Branch returns the branch that is checked out. It fails if there is none.
func (r Repository) Branch(ctx context.Context) (string, error) {
	return r.Line(ctx, "symbolic-ref", "--short", "--quiet", "HEAD")
}

// runWith is Run with text for git to read.
func (r Repository) runWith(ctx context.Context, input string, args ...string) (string, error) {
	environ := r.Environ
	if slices.Contains(remoteCommands, args[0]) {
		var err error
		if environ, err = Limit(ctx, environ); err != nil {
			return "", err
		}
	}
	command := process.WithTerminal(ctx, "git", args...)
	command.Dir, command.Env, command.Stdin = r.Dir, environ, strings.NewReader(input)
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &log
	err := command.Run()
	switch {
	case err == nil:
		return out.String(), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("git %s: %w", args[0], outside.Mark(process.Cause(ctx, err)))
	case ctx.Err() != nil:
		return "", fmt.Errorf("git %s: %w", args[0], ctx.Err())
	default:
		failure := fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(log.String()))
		return "", outside.MarkOutput(failure, log.String())
	}
}

// list returns what a remote has under some references, as `git ls-remote` prints it.
func (r Repository) list(ctx context.Context, args ...string) (string, error) {
	ctx, cancel, err := limitList(ctx, r.Environ)
	if err != nil {
		return "", err
	}
	defer cancel()
	return r.Run(ctx, append([]string{"ls-remote"}, args...)...)
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
	upstream, err := r.Line(ctx, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
	if err != nil {
		return nil //nolint:nilerr // it follows no branch
	}
	remote, _, _ := strings.Cut(upstream, "/")
	if _, err := r.Run(ctx, "fetch", "--quiet", "--", remote); err != nil {
		return err
	}
	behind, err := r.Line(ctx, "rev-list", "--count", "HEAD..@{upstream}")
	if err != nil {
		return err
	}
	if behind != "0" {
		return fmt.Errorf("the branch is %s commits behind %s; pull first", behind, upstream)
	}
	return nil
}

// Ignored returns those of the files below the folder that git does not have and its rules leave out, in their order. Where git is
// not installed or refuses the folder, as it does with one of another owner, its rules are not known, and the result is empty.
func (r Repository) Ignored(ctx context.Context, files []string) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	out, err := r.runWith(ctx, strings.Join(files, "\x00"), "check-ignore", "-z", "--stdin")
	var exited *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.As(err, &exited) && ctx.Err() == nil:
		return nil, nil // it ends with 1 where it ignores nothing, https://git-scm.com/docs/git-check-ignore
	case err != nil:
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), nil
}

// Worktree makes another checkout, on no branch, in a folder that does not exist yet.
func (r Repository) Worktree(ctx context.Context, ref, folder string) (worktree Repository, remove func() error, err error) {
	if _, err := r.Run(ctx, "worktree", "add", "--quiet", "--detach", "--", folder, ref); err != nil {
		return Repository{}, nil, err
	}
	remove = func() error {
		_, err := r.Run(context.WithoutCancel(ctx), "worktree", "remove", "--force", folder)
		return err
	}
	return Repository{Dir: folder, Environ: r.Environ}, remove, nil
}

// ForgetMissing lets the repository forget checkouts beside it that are gone. The pattern matches the name of a folder around them.
func (r Repository) ForgetMissing(ctx context.Context, pattern string) error {
	out, err := r.Run(ctx, "worktree", "list", "--porcelain")
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		folder, isFolder := strings.CutPrefix(strings.TrimSpace(line), "worktree ")
		matches, _ := filepath.Match(pattern, filepath.Base(filepath.Dir(folder))) // the pattern is a good one
		if _, err := os.Lstat(folder); !isFolder || !matches || !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		// One --force leaves what is locked, as git does with a checkout until it is complete: https://git-scm.com/docs/git-worktree
		if _, err := r.Run(ctx, "worktree", "remove", "--force", "--force", folder); err != nil {
			return err
		}
	}
	return nil
}

// Commit commits everything.
func (r Repository) Commit(ctx context.Context, message string) error {
	if _, err := r.Run(ctx, "add", "--all"); err != nil {
		return err
	}
	_, err := r.Run(ctx, "commit", "--quiet", "--message="+message)
	return err
}

// Push pushes the commit at HEAD to a branch of a remote, which must not have it yet.
func (r Repository) Push(ctx context.Context, remote, branch string) error {
	tip, err := r.tip(ctx, remote, branch)
	if err != nil {
		return err
	}
	if tip != "" {
		return fmt.Errorf("the branch %s exists already on %s; delete it, or choose another name", branch, remote)
	}
	_, err = r.Run(ctx, "push", "--quiet", "--", remote, "HEAD:refs/heads/"+branch)
	return err
}

// Refresh brings a branch of a remote to what HEAD holds, with a commit on top of it where it is there. It reports whether there
// was anything to do. What others have on the branch stays in its history.
func (r Repository) Refresh(ctx context.Context, remote, branch string) (bool, error) {
	tip, err := r.tip(ctx, remote, branch)
	if err != nil {
		return false, err
	}
	if tip == "" {
		return true, r.Push(ctx, remote, branch)
	}
	if _, err := r.Run(ctx, "fetch", "--quiet", "--", remote, "refs/heads/"+branch); err != nil {
		return false, err
	}
	trees, err := r.Run(ctx, "rev-parse", "HEAD^{tree}", "FETCH_HEAD^{tree}")
	if err != nil {
		return false, err
	}
	if ours, theirs, _ := strings.Cut(strings.TrimSpace(trees), "\n"); ours == theirs {
		return false, nil
	}
	message, err := r.Run(ctx, "log", "-1", "--format=%B", "HEAD")
	if err != nil {
		return false, err
	}
	commit, err := r.Line(ctx, "commit-tree", "HEAD^{tree}", "-p", "FETCH_HEAD", "-p", "HEAD~1", "-m", strings.TrimSpace(message))
	if err != nil {
		return false, err
	}
	if _, err := r.Run(ctx, "update-ref", "HEAD", commit); err != nil {
		return false, err
	}
	_, err = r.Run(ctx, "push", "--quiet", "--", remote, "HEAD:refs/heads/"+branch)
	return true, err
}

// CheckPushed fails where a branch of a remote is at another commit than HEAD.
func (r Repository) CheckPushed(ctx context.Context, remote, branch string) error {
	tip, err := r.tip(ctx, remote, branch)
	if err != nil {
		return err
	}
	head, err := r.Line(ctx, "rev-parse", "HEAD")
	switch {
	case err != nil:
		return err
	case tip == "":
		return fmt.Errorf("the branch %s is not on %s; push it first", branch, remote)
	case tip != head:
		return fmt.Errorf("the branch %s is at %.12s on %s, and at %.12s here; push or pull first", branch, tip, remote, head)
	}
	return nil
}

// tip is the commit that a branch of a remote is at; empty where there is no such branch.
func (r Repository) tip(ctx context.Context, remote, branch string) (string, error) {
	out, err := r.list(ctx, "--", remote, "refs/heads/"+branch)
	tip, _, _ := strings.Cut(out, "\t")
	return tip, err
}

// Find returns the commit that a branch or tag of the repository at an address names, or "HEAD" for its default branch. A tag
// comes before a branch of the same name, as in git itself.
func (r Repository) Find(ctx context.Context, address, ref string) (string, error) {
	wanted := []string{"HEAD"}
	if ref != "" && ref != "HEAD" {
		wanted = []string{"refs/tags/" + ref + "^{}", "refs/tags/" + ref, "refs/heads/" + ref}
	}
	out, err := r.list(ctx, append([]string{"--", address}, wanted...)...)
	if err != nil {
		return "", err
	}
	found := map[string]string{}
	for line := range strings.Lines(out) {
		commit, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[name] = commit
	}
	for _, name := range wanted {
		if commit := found[name]; commit != "" {
			return commit, nil
		}
	}
	return "", fmt.Errorf("there is no branch or tag %q", ref)
}
