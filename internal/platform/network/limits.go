// Package network limits how long a server may take, and repeats requests that failed. A server that accepts a connection and
// stays silent, or answers one byte at a time, must not hold a command.
package network

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Limits says how long a server may take. None of them limits the total time of a request: layers are large.
type Limits struct {
	// Connect limits how long a connection takes, with its DNS lookup, proxy and TLS handshake.
	Connect time.Duration
	// Answer limits the time from the end of a request to the first byte of its answer.
	Answer time.Duration
	// Upload is Answer for a request that uploads content: the registry computes a checksum before it answers, and a proxy in
	// front of it may pass the content on only then.
	Upload time.Duration
	// Stall is the time in which a transfer, in either direction, must move MinimumRate bytes for each second.
	Stall time.Duration
}

// MinimumRate is how fast a transfer must be at least, in bytes per second. It is about what git suggests for
// http.lowSpeedLimit, https://git-scm.com/docs/git-config.
const MinimumRate = 1024

// Defaults returns the limits that hold unless a user sets others. GitLab answers any request of its API within 60 seconds or
// not at all, so Answer is a little longer: https://docs.gitlab.com/administration/operations/puma/#change-the-worker-timeout.
func Defaults() Limits {
	return Limits{Connect: 30 * time.Second, Answer: 70 * time.Second, Upload: 10 * time.Minute, Stall: time.Minute}
}

// ParseLimits reads schema.VarTimeouts, limits such as "answer=2m upload=30m": names and durations, separated by spaces or commas. The names are
// connect, answer, upload and stall; those that the text leaves out have their defaults. The error is for users.
func ParseLimits(text string) (Limits, error) {
	limits := Defaults()
	fields := map[string]*time.Duration{"connect": &limits.Connect, "answer": &limits.Answer, "upload": &limits.Upload, "stall": &limits.Stall}
	for entry := range strings.FieldsFuncSeq(text, isSeparator) {
		name, value, _ := strings.Cut(entry, "=")
		field, isKnown := fields[name]
		if !isKnown {
			return Limits{}, fmt.Errorf("%s has %q: write connect, answer, upload or stall, and a duration, such as upload=30m", schema.VarTimeouts, entry)
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return Limits{}, fmt.Errorf("%s has %q: write a duration greater than zero, such as %s=90s", schema.VarTimeouts, entry, name)
		}
		*field = d
	}
	return limits, nil
}

func isSeparator(r rune) bool { return slices.Contains([]rune{' ', ',', '\t', '\n', '\r'}, r) }
