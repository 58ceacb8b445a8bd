package buildah

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// Clone fetches one commit, branch or tag of a repository to a new folder. Credentials in the address reach git by its environment: they
// are neither in a command line nor in the clone. A server that cannot be reached is a failure outside.
func Clone(ctx context.Context, environ []string, log io.Writer, address, commit, folder string) error {
	address, server, user := withoutCredentials(address)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make a folder for the clone: %w", err)
	}
	environ, err := git.Limit(ctx, environ)
	if err != nil {
		return err
	}
	if user != nil {
		password, _ := user.Password()
		environ = git.WithPassword(environ, server, user.Username(), password)
	}
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"fetch", "--quiet", "--depth=1", "--", address, commit}, // an address or a commit may look like an option
		{"checkout", "--quiet", "--detach", "FETCH_HEAD"},
	} {
		command := process.Command(ctx, "git", append([]string{"-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"}, args...)...)
		command.Dir = folder
		command.Env = environ
		var end tail
		both := io.MultiWriter(log, &end)
		command.Stdout, command.Stderr = both, both
		if err := command.Run(); err != nil {
			return outside.MarkOutput(fmt.Errorf("git %s: %w", args[0], process.Cause(ctx, err)), string(end.text))
		}
	}
	return nil
}

// withoutCredentials takes the user and password out of an address. It also returns the address of the server.
func withoutCredentials(address string) (bare, server string, user *url.Userinfo) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User == nil || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return address, "", nil
	}
	user, parsed.User = parsed.User, nil
	return parsed.String(), parsed.Scheme + "://" + parsed.Host, user
}
