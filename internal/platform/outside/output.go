package outside

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// MarkOutput marks the error of a program whose output says that it could not reach a server, or that the server failed. It leaves any
// other error as it is.
func MarkOutput(err error, output string) error {
	if err != nil && unreachable().MatchString(output) {
		return Mark(err)
	}
	return err
}

// unreachable matches what programs print in such a case. Their exit codes do not tell it.
var unreachable = pattern.Lazy(`(?i)` + strings.Join([]string{
	// The C library, and libcurl, by which git, dnf, pacman and zypper load.
	`(could not|couldn't) resolve`, `temporary failure (in name resolution|resolving)`, `name or service not known`,
	`network is unreachable`, `no route to host`, `connection (refused|reset|timed out|failed)`, `operation (timed out|too slow)`,
	`(could not|couldn't|failed to|unable to) connect to (server|\S+:\w|\S+ port)`,
	`timeout was reached`, `empty reply from server`, `(recv|send) failure`, `curl error \((5|6|7|16|18|28|35|52|55|56|92)\)`,
	// Answers of servers: git, dnf, zypper, apt, and what buildah is made of.
	`(returned error:|status code:|http response:|http status:|statuscode:) *(408|429|5\d\d)`,
	`\b5\d\d +(internal server error|bad gateway|service unavailable|gateway time-?out)`, `too ?many ?requests`,
	// A mirror that is being brought up to date: apt, and dnf, which tries all mirrors of a list.
	`hash sum mismatch`, `mirror sync in progress`, `all mirrors were (already )?tried`, `error reading from server`,
	// apk, pacman and zypper.
	`temporary error \(try again later\)`, `transient error \(try again later\)`, `network error \(check`, `remote server returned error`,
	`failed retrieving file`, `download \(curl\) error`, `timeout exceeded when accessing`,
	// git.
	`early eof`, `rpc failed`, `the remote end hung up unexpectedly`, `unexpected disconnect`,
	// buildah.
	`dial tcp`, `i/o timeout`, `no such host`, `tls handshake timeout`, `unexpected eof`, `server misbehaving`, `context deadline exceeded`,
}, "|"))
