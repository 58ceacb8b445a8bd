package git

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema"
)

// remoteCommands are those that talk to a server.
var remoteCommands = []string{"clone", "fetch", "ls-remote", "push"}

// Limit returns an environment in which git gives up on a server that sends and takes next to nothing, or a connection of ssh
// that is dead. Limits in the environment or the user's configuration come first. The error is about schema.VarTimeouts.
//
// libcurl limits the time to connect to five minutes, https://curl.se/libcurl/c/CURLOPT_CONNECTTIMEOUT.html, and git has no
// setting for that.
func Limit(ctx context.Context, environ []string) ([]string, error) {
	limits, err := limitsOf(environ)
	if err != nil {
		return nil, err
	}
	limited := slices.Clone(environ)
	set := func(name, value string) {
		if process.Value(environ, name) == "" {
			limited = append(limited, name+"="+value)
		}
	}
	// https://git-scm.com/docs/git#Documentation/git.txt-GITHTTPLOWSPEEDLIMIT
	set("GIT_HTTP_LOW_SPEED_LIMIT", strconv.Itoa(network.MinimumRate))
	set("GIT_HTTP_LOW_SPEED_TIME", seconds(patience(limits)))
	if process.Value(environ, "GIT_SSH") == "" && process.Value(environ, "GIT_SSH_COMMAND") == "" && !hasOwnSSH(ctx, environ) {
		set("GIT_SSH_COMMAND", "ssh -o ConnectTimeout="+seconds(limits.Connect)+" -o ServerAliveInterval="+seconds(limits.Stall/2)+" -o ServerAliveCountMax=2")
	}
	return limited, nil
}

// patience is how long git waits for a server, which may have to put together what it sends.
func patience(limits network.Limits) time.Duration { return 2 * limits.Answer }

// limitList ends the context of a list of references, which is short.
func limitList(ctx context.Context, environ []string) (context.Context, context.CancelFunc, error) {
	limits, err := limitsOf(environ)
	if err != nil {
		return nil, nil, err
	}
	limit := limits.Connect + patience(limits)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the server did not answer within %s: check the network, or set answer in %s to more", limit, schema.VarTimeouts))
	return limited, cancel, nil
}

func limitsOf(environ []string) (network.Limits, error) {
	return network.ParseLimits(process.Value(environ, schema.VarTimeouts))
}

// hasOwnSSH reports whether the user has configured a command for ssh, which a variable would outrank.
func hasOwnSSH(ctx context.Context, environ []string) bool {
	command := process.Command(ctx, "git", "config", "--get", "core.sshCommand")
	command.Env = environ
	return command.Run() == nil
}

// seconds is a duration in whole seconds, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second)))
}
