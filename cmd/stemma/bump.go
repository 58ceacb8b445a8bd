package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/schema"
)

// bumping is a bump on its way.
type bumping struct {
	std     cli.Streams
	environ []string
	getenv  func(string) string

	locked, dryRun, yes      bool
	refresh, test            bool
	branch, remote, message  string
	reason                   string
	branches                 []string
	mergeRequest, run, await bool
	target, project          string
}

func newBumpCommand(std cli.Streams, environ []string) *cobra.Command {
	b := &bumping{std: std, environ: environ, getenv: cli.Lookup(environ)}
	cmd := &cobra.Command{
		Use:   "bump [IMAGE[=VERSION]...]",
		Short: "Change the versions of images everywhere, and push the change as a new branch",
		Args: func(_ *cobra.Command, args []string) error {
			if b.reason != "" && (b.test || len(args) == 0) {
				return cli.UsageError{Err: errors.New("--reason needs images, and is of no use with --test")}
			}
			if len(args) == 0 && !b.locked {
				return cli.UsageError{Err: errors.New("bump needs images, or --locked")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return b.bump(cmd.Context(), cli.Folder(cmd), args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&b.locked, "locked", false, "move the pins of stemma.lock, as `stemma lock --update` does")
	flags.BoolVar(&b.dryRun, "dry-run", false, "print the changes and do nothing else")
	flags.BoolVar(&b.yes, "yes", false, "push without asking")
	flags.StringVar(&b.reason, "reason", "", "add an entry with this reason to the Debian changelogs of the images whose tags come from a changelog, and of their descendants")
	flags.StringSliceVar(&b.branches, "branch", nil, "a branch of the remote to bump, instead of the current commit; may be repeated")
	flags.StringVar(&b.branch, "branch-name", "", "the name of the new branch; default: stemma/bump-…")
	flags.BoolVar(&b.test, "test", false, "a trial run: add the test suffix to pins, and change neither the definition nor its lock")
	flags.BoolVar(&b.refresh, "refresh", false, "update an existing branch and its merge request instead of failing")
	flags.StringVar(&b.remote, "remote", "origin", "where to push")
	flags.StringVar(&b.message, "message", "", "the message of the commit")
	flags.BoolVar(&b.mergeRequest, "merge-request", false, "open a merge request; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&b.run, "trigger", false, "start a pipeline of the branch; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&b.await, "wait", false, "wait for the pipeline of the commit, and fail with it")
	flags.StringVar(&b.target, "target", "", "the branch to merge into; default: the current branch")
	flags.StringVar(&b.project, "project", "", "the project on GitLab; default: CI_PROJECT_PATH")
	return cmd
}

// bump makes the change in checkouts of its own, so that the user's stays as it is whatever happens. Nothing is pushed before
// all of it is made.
func (b *bumping) bump(ctx context.Context, dir string, args []string) (err error) {
	b.environ = identified(b.environ, b.getenv)
	checkout := git.Repository{Dir: dir, Environ: b.environ}
	// git fetches nothing while it knows a checkout whose making was killed.
	if err := sweepCheckouts(ctx, checkout); err != nil {
		return err
	}
	if err := checkout.CheckClean(ctx); err != nil {
		return err
	}
	if err := checkout.CheckCurrent(ctx); err != nil {
		return err
	}
	api, err := b.gitlab()
	if err != nil {
		return err
	}
	folder, err := scratch.New(checkouts)
	if err != nil {
		return err
	}
	defer folder.Close()
	var rounds []*bumpRound
	defer func() {
		for _, r := range rounds {
			err = errors.Join(err, r.remove())
		}
	}()
	refs, err := b.refs(ctx, checkout)
	if err != nil {
		return err
	}
	for i, ref := range refs {
		r, err := b.prepare(ctx, checkout, ref, filepath.Join(folder.Path, strconv.Itoa(i)), args)
		if r != nil {
			rounds = append(rounds, r)
		}
		if err != nil {
			return err
		}
	}
	return b.publish(ctx, api, rounds)
}

// bumpRound is a bump of one branch.
type bumpRound struct {
	// target is the branch that it is for, empty for the present one; branch is what is pushed.
	target, branch string
	checkout       git.Repository
	remove         func() error
	changes        bumpChanges
	// diff is empty where nothing moves.
	diff string
}

// refs are what is bumped: the present commit, or the branches that are named, as the remote has them.
func (b *bumping) refs(ctx context.Context, checkout git.Repository) ([]string, error) {
	if len(b.branches) == 0 {
		return []string{""}, nil
	}
	_, err := checkout.Run(ctx, "fetch", "--quiet", "--", b.remote)
	return b.branches, err
}

// prepare makes the change for a branch, committed and not pushed. What it returns is to be removed, with an error too.
func (b *bumping) prepare(ctx context.Context, checkout git.Repository, target, dir string, args []string) (*bumpRound, error) {
	ref := "HEAD"
	if target != "" {
		ref = b.remote + "/" + target
	}
	worktree, remove, err := checkout.Worktree(ctx, ref, dir)
	if err != nil {
		return nil, err
	}
	r := &bumpRound{target: target, checkout: worktree, remove: remove}
	prefix, err := checkout.Prefix(ctx)
	if err != nil {
		return r, err
	}
	project := filepath.Join(dir, filepath.FromSlash(prefix))
	r.changes, err = b.plan(ctx, project, args)
	if errors.Is(err, errNothingMoves) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.branch = b.branch
	if r.branch == "" {
		r.branch = "stemma/bump-" + r.changes.slug()
	}
	if target != "" {
		r.branch += "-" + target
	}
	if err := b.commit(ctx, r, project); err != nil {
		return r, err
	}
	r.diff, err = worktree.Run(ctx, "show", "--format=", "--no-color", "HEAD")
	return r, err
}

// publish shows and pushes what was made.
func (b *bumping) publish(ctx context.Context, api remoteProject, rounds []*bumpRound) error {
	rounds = slices.DeleteFunc(slices.Clone(rounds), func(r *bumpRound) bool { return r.diff == "" })
	if len(rounds) == 0 {
		_, err := fmt.Fprintln(b.std.Out, "Every pin is where it should be.")
		return err
	}
	var diff strings.Builder
	var names []string
	for _, r := range rounds {
		diff.WriteString(r.diff)
		names = append(names, r.branch)
	}
	if b.dryRun {
		_, err := fmt.Fprint(b.std.Out, diff.String())
		return err
	}
	if err := b.confirm(diff.String(), strings.Join(names, " and ")); err != nil {
		return err
	}
	for _, r := range rounds {
		if err := b.push(ctx, r); err != nil {
			return fmt.Errorf("push %s: %w", r.branch, err)
		}
		if err := b.follow(ctx, api, r); err != nil {
			return err
		}
	}
	return nil
}

// push pushes the commit to its branch.
func (b *bumping) push(ctx context.Context, r *bumpRound) error {
	remote, environ := b.pushTo()
	checkout := git.Repository{Dir: r.checkout.Dir, Environ: environ}
	news := true
	var err error
	if b.refresh {
		news, err = checkout.Refresh(ctx, remote, r.branch)
	} else {
		err = checkout.Push(ctx, remote, r.branch)
	}
	if err != nil {
		return err
	}
	message := "Pushed %s.\n"
	if !news {
		message = "%s is up to date.\n"
	}
	_, err = fmt.Fprintf(b.std.Out, message, r.branch)
	return err
}

// pushTo is where the branch goes, and with which settings of git. A pipeline's checkout may not push, so there the access token
// goes along as a header, which no other process sees and no message shows.
func (b *bumping) pushTo() (remote string, environ []string) {
	server, secret := b.getenv("CI_SERVER_URL"), b.getenv(schema.VarAccessToken)
	if b.getenv("CI") == "" || server == "" || secret == "" {
		return b.remote, b.environ
	}
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("oauth2:"+secret))
	return server + "/" + b.getenv("CI_PROJECT_PATH") + ".git", git.With(b.environ, "http."+server+"/.extraHeader", header)
}

// commit applies the changes to a checkout, compiles there, and commits.
func (b *bumping) commit(ctx context.Context, r *bumpRound, dir string) error {
	for file, content := range r.changes.files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(file)), content, 0o644); err != nil {
			return err
		}
	}
	p, err := openProjectToWrite(ctx, dir, b.std, b.getenv)
	if err != nil {
		return err
	}
	defer p.close()
	state := p.compare(false)
	if err := p.print("text"); err != nil {
		return err
	}
	if err := p.write(state, false); err != nil {
		return err
	}
	message := b.message
	if message == "" {
		message = r.changes.message()
	}
	return r.checkout.Commit(ctx, message)
}

// identified names the author of commits in a pipeline, where git knows none: who started it.
func identified(environ []string, getenv func(string) string) []string {
	if getenv("CI") == "" || getenv("GIT_AUTHOR_EMAIL") != "" || getenv("GITLAB_USER_EMAIL") == "" {
		return environ
	}
	name, email := getenv("GITLAB_USER_NAME"), getenv("GITLAB_USER_EMAIL")
	return append(slices.Clone(environ), "GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+email, "GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+email)
}

// confirm asks before anything is pushed.
func (b *bumping) confirm(diff, branches string) error {
	if b.yes {
		return nil
	}
	fmt.Fprintf(b.std.Out, "%s\nPush this as %s? [y/N] ", diff, branches)
	answer, err := bufio.NewReader(b.std.In).ReadString('\n')
	if strings.ToLower(strings.TrimSpace(answer)) != "y" {
		if err != nil {
			return cli.UsageError{Err: errors.New("nobody answers: --yes pushes without asking, --dry-run prints the changes")}
		}
		return errors.New("nothing was pushed")
	}
	return nil
}
