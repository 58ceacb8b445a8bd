// Package bump changes the versions of images in a project, in a branch of its own, and pushes it.
package bump

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/checkout"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Options say what to change, and what to do with the change.
type Options struct {
	// Images has arguments of the form IMAGE[=VERSION]. Locked moves the pins of the lock.
	Images []string
	Locked bool
	// Reason is for the changelogs from which images have their tags.
	Reason string
	// Test adds the test suffix to pins, and changes neither the definition nor its lock.
	Test bool

	// DryRun only prints the changes, and Yes pushes them without asking.
	DryRun, Yes bool
	// Branches are bumped instead of the current commit. BranchName is the new branch; by default it describes the changes.
	Branches   []string
	BranchName string
	// Refresh updates an existing branch.
	Refresh         bool
	Remote, Message string

	// MergeRequest, Trigger and Wait open a merge request, start a pipeline, and wait for it, WaitLimit at most.
	MergeRequest, Trigger, Wait bool
	WaitLimit                   time.Duration
	// Here starts a pipeline of the present branch and changes nothing.
	Here bool
	// Variables and Inputs are passed to the pipeline. Running says what to do about pipelines that run already.
	Variables, Inputs []string
	Running           Running
	// Target is the branch to merge into, and Project the project on GitLab.
	Target, Project string
}

// bumping is a bump in progress.
type bumping struct {
	Options
	std     cli.Streams
	environ []string
	getenv  func(string) string
	// start describes the pipeline to start, without its ref.
	start gitlab.PipelineRequest
	// in reads answers; asks says that a person can give them.
	in   *bufio.Reader
	asks bool
	// interval is the pause between two requests about a pipeline.
	interval time.Duration
}

// Run makes the changes in temporary checkouts, so that the user's checkout does not change. It pushes only when the changes of all
// branches are complete.
func Run(ctx context.Context, dir string, environ []string, std cli.Streams, options Options) (err error) {
	getenv := cli.Lookup(environ)
	b := &bumping{
		Options: options, std: std, environ: identified(environ, getenv), getenv: getenv,
		asks: cli.IsTerminal(std.In) && !options.Yes, interval: 10 * time.Second,
	}
	if b.start, err = options.request(getenv); err != nil {
		return err
	}
	repository := git.Repository{Dir: dir, Environ: b.environ}
	if b.Here {
		return b.here(ctx, repository)
	}
	// git fetches nothing while it knows a checkout that a killed command left unfinished.
	if err := checkout.Sweep(ctx, repository); err != nil {
		return err
	}
	if err := repository.CheckClean(ctx); err != nil {
		return err
	}
	if err := repository.CheckCurrent(ctx); err != nil {
		return err
	}
	api, err := b.gitlab(ctx, repository)
	if err != nil {
		return err
	}
	folder, err := checkout.NewFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	var rounds []*round
	defer func() {
		for _, r := range rounds {
			err = errors.Join(err, r.remove())
		}
	}()
	targets, err := b.targets(ctx, repository)
	if err != nil {
		return err
	}
	for i, target := range targets {
		r, err := b.prepare(ctx, repository, target, filepath.Join(folder.Path, strconv.Itoa(i)))
		if r != nil {
			rounds = append(rounds, r)
		}
		if err != nil {
			return err
		}
	}
	return b.publish(ctx, api, rounds)
}

// round is the bump of one branch.
type round struct {
	// target is the branch to bump, or empty for the current commit. branch is the branch to push.
	target, branch string
	checkout       git.Repository
	remove         func() error
	changes        *changes
	// diff is empty if nothing changes.
	diff string
}

// targets returns the branches to bump, after a fetch, or one empty target for the current commit.
func (b *bumping) targets(ctx context.Context, repository git.Repository) ([]string, error) {
	if len(b.Branches) == 0 {
		return []string{""}, nil
	}
	_, err := repository.Run(ctx, "fetch", "--quiet", "--", b.Remote)
	return b.Branches, err
}

// prepare makes and commits the changes of a branch. The caller removes the round that it returns, with an error too.
func (b *bumping) prepare(ctx context.Context, repository git.Repository, target, folder string) (*round, error) {
	ref := "HEAD"
	if target != "" {
		ref = b.Remote + "/" + target
	}
	worktree, dir, remove, err := checkout.Add(ctx, repository, ref, folder)
	if err != nil {
		return nil, err
	}
	r := &round{target: target, checkout: worktree, remove: remove}
	if r.changes, err = b.plan(ctx, dir); err != nil || len(r.changes.files) == 0 {
		return r, err
	}
	r.branch = cmp.Or(b.BranchName, "stemma/bump-"+r.changes.slug())
	if target != "" {
		r.branch += "-" + target
	}
	if err := b.commit(ctx, r, dir); err != nil {
		return r, err
	}
	r.diff, err = worktree.Run(ctx, "show", "--format=", "--no-color", "HEAD")
	return r, err
}

// publish shows the changes and pushes them.
func (b *bumping) publish(ctx context.Context, api remoteProject, rounds []*round) error {
	rounds = slices.DeleteFunc(slices.Clone(rounds), func(r *round) bool { return r.diff == "" })
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
	if b.DryRun {
		_, err := fmt.Fprint(b.std.Out, diff.String())
		return err
	}
	if err := b.confirm(diff.String(), strings.Join(names, " and ")); err != nil {
		return err
	}
	if b.Trigger {
		for _, r := range rounds {
			if err := b.makeRoom(ctx, api, r.branch); err != nil {
				return err
			}
		}
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
func (b *bumping) push(ctx context.Context, r *round) error {
	remote, environ := b.pushTo()
	checkout := git.Repository{Dir: r.checkout.Dir, Environ: environ}
	news := true
	var err error
	if b.Refresh {
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

// pushTo returns the remote to push to, and the environment of git. The checkout of a pipeline has no right to push. So there git uses
// the access token.
func (b *bumping) pushTo() (remote string, environ []string) {
	server, secret := b.getenv("CI_SERVER_URL"), b.getenv(schema.VarAccessToken)
	if b.getenv("CI") == "" || server == "" || secret == "" {
		return b.Remote, b.environ
	}
	return server + "/" + b.getenv("CI_PROJECT_PATH") + ".git", git.WithPassword(b.environ, server, "oauth2", secret)
}

// commit applies the changes to a checkout, compiles there, and commits.
func (b *bumping) commit(ctx context.Context, r *round, dir string) error {
	for file, content := range r.changes.files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(file)), content, 0o644); err != nil {
			return err
		}
	}
	p, err := project.OpenToWrite(ctx, dir, b.environ)
	if err != nil {
		return err
	}
	defer p.Close()
	p.Compare(false)
	if err := p.Print(b.std, "text"); err != nil {
		return err
	}
	if _, err := p.Write(); err != nil {
		return err
	}
	return r.checkout.Commit(ctx, cmp.Or(b.Message, r.changes.message()))
}

// identified adds the user who started the pipeline as the author of commits. In a pipeline git knows no author.
func identified(environ []string, getenv func(string) string) []string {
	if getenv("CI") == "" || getenv("GIT_AUTHOR_EMAIL") != "" || getenv("GITLAB_USER_EMAIL") == "" {
		return environ
	}
	name, email := getenv("GITLAB_USER_NAME"), getenv("GITLAB_USER_EMAIL")
	return append(slices.Clone(environ), "GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+email, "GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+email)
}

// confirm asks before anything is pushed.
func (b *bumping) confirm(diff, branches string) error {
	if b.Yes {
		return nil
	}
	fmt.Fprintf(b.std.Out, "%s\nPush this as %s? [y/N] ", diff, branches)
	answer, err := b.answer()
	if strings.ToLower(strings.TrimSpace(answer)) != "y" {
		if err != nil {
			return cli.Usagef("nobody answers: --yes pushes without asking, --dry-run prints the changes")
		}
		return errors.New("nothing was pushed")
	}
	return nil
}

// answer reads a line that the user types. What was typed ahead waits for the next question.
func (b *bumping) answer() (string, error) {
	if b.in == nil {
		b.in = bufio.NewReader(b.std.In)
	}
	return b.in.ReadString('\n')
}
