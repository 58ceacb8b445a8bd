// Package outside tells failures of what is outside the project (a registry, GitLab, a package mirror, the network) from all others.
// The difference decides whether it is worth while to do the same again.
package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Err is what every failure of something outside is: errors.Is finds it in those that Mark returns, and in other errors that say so by
// a method Is.
var Err = errors.New("something outside failed")

// Is reports whether an error is a failure of something outside, or wraps one, or joins one with others.
func Is(err error) bool { return errors.Is(err, Err) }

// failure marks an error.
type failure struct{ error }

// Unwrap returns the error.
func (f failure) Unwrap() error { return f.error }

// Is tells errors.Is what the mark stands for.
func (f failure) Is(target error) bool { return target == Err }

// Mark returns the error as a failure of something outside, which may pass when the same is done again. No error stays no error.
func Mark(err error) error {
	if err == nil {
		return nil
	}
	return failure{err}
}

// MarkNetwork marks an error of the network, and leaves any other as it is.
func MarkNetwork(err error) error {
	if isNetwork(err) {
		return Mark(err)
	}
	return err
}

// IsTemporary reports whether an HTTP status says that the same request may be answered well later: 408, 429 and all from 500.
func IsTemporary(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// isNetwork reports whether a connection could not be made, broke, or took too long. A server that is not trusted, or speaks no TLS,
// will not be any other later; and who cancels a request knows that nothing failed.
func isNetwork(err error) bool {
	var distrust *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &distrust), errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return false
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return true
	}
	var request *url.Error
	var connection *net.OpError
	var name *net.DNSError
	var late interface{ Timeout() bool }
	return errors.As(err, &request) || errors.As(err, &connection) || errors.As(err, &name) || errors.As(err, &late) && late.Timeout()
}
