// Package outside tells failures outside the project (of a registry, GitLab, a package mirror, the network) from all others. The difference
// decides whether a retry may help.
package outside

import (
	"context"
	"errors"
	"net/http"
)

// Err is the kind of all failures outside: errors.Is finds it in errors that Mark returns, and in those with a method Is that says so.
var Err = errors.New("something outside failed")

// Is reports whether an error is a failure of something outside, or wraps one, or joins one with others. An exceeded time limit is one:
// programs wait only for what is outside.
func Is(err error) bool { return errors.Is(err, Err) || errors.Is(err, context.DeadlineExceeded) }

// failure marks an error.
type failure struct{ error }

// Unwrap returns the error.
func (f failure) Unwrap() error { return f.error }

// Is lets errors.Is find Err in a marked error.
func (f failure) Is(target error) bool { return target == Err }

// Mark returns the error as a failure of something outside, which may pass when the same is done again. No error stays no error.
func Mark(err error) error {
	if err == nil {
		return nil
	}
	return failure{err}
}

// IsTemporary reports whether an HTTP status says that the same request may be answered well later: 408, 429 and all from 500.
func IsTemporary(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}
