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
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/git"
	"gitlab.com/stemma-ci/stemma/schema"
)

// bumping is a bump on its way.
type bumping struct {
	std     cli.Streams
	environ []string
	getenv  func(string) string

	locked, dryRun, yes      bool
	refresh, test            bool
	dir                      string
	branch, remote, message  string
	reason                   string
	mergeRequest, run, await bool
	target, project          string
}

func newBumpCommand(std cli.Streams, environ []string) *cobra.Command {
	b := &bumping{std: std, environ: environ, getenv: cli.Lookup(environ)}
	cmd := &cobra.Command{
		Use:   "bump [IMAGE[=VERSION]...]",
		Short: "Change the versions of images everywhere, on a branch of its own, and push it",
		Args: func(_ *cobra.Command, args []string) error {
			if b.reason != "" && (b.test || len(args) == 0) {
				return cli.UsageError{Err: errors.New("--reason needs images, and is of no use with --test")}
			}
			if len(args) == 0 && !b.locked {
				return cli.UsageError{Err: errors.New("bump needs images, or --locked")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return b.bump(cmd.Context(), folder(cmd), args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&b.locked, "locked", false, "move the pins of stemma.lock, as `stemma lock --update` does")
	flags.BoolVar(&b.dryRun, "dry-run", false, "print the changes and do nothing else")
	flags.BoolVar(&b.yes, "yes", false, "push without asking")
	flags.StringVar(&b.reason, "reason", "", "write an entry with this reason into the Debian changelogs of images that have their tags from there, and of those built on them")
	flags.StringVar(&b.branch, "branch-name", "", "the branch to make; stemma/bump-… unless given")
	flags.BoolVar(&b.test, "test", false, "a trial run: pins get their test suffix, and the definition and its lock stay as they are")
	flags.BoolVar(&b.refresh, "refresh", false, "bring a branch that exists, and its merge request, up to date instead of failing")
	flags.StringVar(&b.remote, "remote", "origin", "where to push")
	flags.StringVar(&b.message, "message", "", "the message of the commit")
	flags.BoolVar(&b.mergeRequest, "merge-request", false, "open a merge request; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&b.run, "trigger", false, "start a pipeline of the branch; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&b.await, "wait", false, "wait for the pipeline of the commit, and fail with it")
	flags.StringVar(&b.target, "target", "", "the branch to merge into; the present one unless given")
	flags.StringVar(&b.project, "project", "", "the project on GitLab; CI_PROJECT_PATH unless given")
	return cmd
}

// bump makes the change on a branch with a checkout of its own, so that the user's stays as it is whatever happens.
func (b *bumping) bump(ctx context.Context, dir string, args []string) (err error) {
	b.dir, b.environ = dir, identified(b.environ, b.getenv)
	checkout := git.Repository{Dir: dir, Environ: b.environ}
	if err := checkout.CheckClean(ctx); err != nil {
		return err
	}
	if err := checkout.CheckCurrent(ctx); err != nil {
		return err
	}
	changes, err := b.plan(ctx, dir, args)
	if errors.Is(err, errNothingMoves) {
		_, err = fmt.Fprintln(b.std.Out, "Every pin is where it should be.")
		return err
	}
	if err != nil {
		return err
	}
	api, err := b.gitlab()
	if err != nil {
		return err
	}
	if b.branch == "" {
		b.branch = "stemma/bump-" + changes.slug()
	}
	scratch, err := os.MkdirTemp("", "stemma-bump-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	beside, remove, err := checkout.Beside(ctx, filepath.Join(scratch, "checkout"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := b.commit(ctx, beside, changes); err != nil {
		return err
	}
	diff, err := beside.Run(ctx, "show", "--format=", "--no-color", "HEAD")
	if err != nil {
		return err
	}
	if b.dryRun {
		_, err = fmt.Fprint(b.std.Out, diff)
		return err
	}
	if err := b.confirm(diff); err != nil {
		return err
	}
	if err := b.push(ctx, beside); err != nil {
		return fmt.Errorf("push %s: %w", b.branch, err)
	}
	return b.follow(ctx, api, beside, changes)
}

// push pushes the commit to its branch.
func (b *bumping) push(ctx context.Context, beside git.Repository) error {
	remote, environ := b.pushTo()
	beside.Environ = environ
	news := true
	var err error
	if b.refresh {
		news, err = beside.Refresh(ctx, remote, b.branch)
	} else {
		err = beside.Push(ctx, remote, b.branch)
	}
	if err != nil {
		return err
	}
	said := "Pushed %s.\n"
	if !news {
		said = "%s is up to date.\n"
	}
	_, err = fmt.Fprintf(b.std.Out, said, b.branch)
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
func (b *bumping) commit(ctx context.Context, branch git.Repository, changes bumpChanges) error {
	dir := filepath.Join(branch.Dir, filepath.FromSlash(changes.prefix))
	for file, content := range changes.files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(file)), content, 0o644); err != nil {
			return err
		}
	}
	p, err := openProjectIn(ctx, dir, b.std, b.getenv)
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
		message = changes.message()
	}
	return branch.Commit(ctx, message)
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
func (b *bumping) confirm(diff string) error {
	if b.yes {
		return nil
	}
	fmt.Fprintf(b.std.Out, "%s\nPush this as %s? [y/N] ", diff, b.branch)
	answer, err := bufio.NewReader(b.std.In).ReadString('\n')
	if strings.ToLower(strings.TrimSpace(answer)) != "y" {
		if err != nil {
			return cli.UsageError{Err: errors.New("nobody answers: --yes pushes without asking, --dry-run prints the changes")}
		}
		return errors.New("nothing was pushed")
	}
	return nil
}
