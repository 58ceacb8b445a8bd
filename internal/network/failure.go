package network

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Kind is what went wrong with a request.
type Kind uint8

// The kinds of failures. Up to NoConnection the server has seen nothing of the request.
const (
	// Unreachable: no connection could be made, for instance because the host has no address or refuses it.
	Unreachable Kind = iota + 1
	// Untrusted: the server's certificate is not trusted.
	Untrusted
	// NoConnection: the connection took longer than Limits.Connect.
	NoConnection
	// NoAnswer: the answer took longer than Limits.Answer.
	NoAnswer
	// NoConfirmation: the answer to an upload took longer than Limits.Upload.
	NoConfirmation
	// SlowAnswer: the answer came too slowly, see Limits.Stall.
	SlowAnswer
	// SlowUpload: the server took the request too slowly, see Limits.Stall.
	SlowUpload
	// Broken: the connection ended before the answer did.
	Broken
	// WrongDigest: the content is not what its digest says.
	WrongDigest
	// Refused: the answer has a status that tells of a failure of the server, or of too many requests.
	Refused
)

// Failure is the lack of a usable answer. It names the host and holds neither a path nor a query, which may have secrets.
type Failure struct {
	Kind Kind
	// Host is the server's, with its port if the address has one.
	Host string
	// Limit is the one that was exceeded.
	Limit time.Duration
	// Status is the HTTP status of a Refused answer.
	Status int
	// Wait is how long the server asks to wait before the next try; zero where it does not.
	Wait time.Duration
	// Tries is how often the request was sent, where that is known.
	Tries int
	// Err is the cause, where there is one.
	Err error
}

// Error says in a user's words what happened, and what to do about it.
func (f *Failure) Error() string {
	text := f.what()
	if f.Tries > 1 {
		text += fmt.Sprintf(" (after %d tries)", f.Tries)
	}
	if advice := f.advice(); advice != "" {
		text += ": " + advice
	}
	return text
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func (f *Failure) what() string {
	switch f.Kind {
	case Unreachable:
		return fmt.Sprintf("cannot connect to %s: %v", f.Host, f.Err)
	case Untrusted:
		return fmt.Sprintf("the certificate of %s is not trusted: %v", f.Host, f.Err)
	case NoConnection:
		return fmt.Sprintf("%s did not accept a connection within %s", f.Host, f.Limit)
	case NoAnswer:
		return fmt.Sprintf("%s accepted the request and did not answer within %s", f.Host, f.Limit)
	case NoConfirmation:
		return fmt.Sprintf("%s took the upload and did not confirm it within %s", f.Host, f.Limit)
	case SlowAnswer:
		return fmt.Sprintf("%s sent fewer than %d bytes in %s", f.Host, leastBytes(f.Limit), f.Limit)
	case SlowUpload:
		return fmt.Sprintf("%s took fewer than %d bytes in %s", f.Host, leastBytes(f.Limit), f.Limit)
	case WrongDigest:
		return fmt.Sprintf("%s sent content that does not match its digest: %v", f.Host, f.Err)
	case Refused:
		return fmt.Sprintf("%s answered %d", f.Host, f.Status)
	default:
		return fmt.Sprintf("%s ended the connection before its answer was complete: %v", f.Host, f.Err)
	}
}

func (f *Failure) advice() string {
	switch f.Kind {
	case NoConnection:
		return "check the address, the network and the proxy, or set connect in " + Variable + " to more"
	case NoAnswer:
		return "try again later, or set answer in " + Variable + " to more"
	case NoConfirmation:
		return "set upload in " + Variable + " to more, such as upload=30m"
	case SlowAnswer, SlowUpload:
		return "check the network, or set stall in " + Variable + " to more"
	case WrongDigest:
		return "the registry or a proxy in front of it is damaged"
	case Refused:
		return f.adviceOnRefusal()
	default:
		return ""
	}
}

func (f *Failure) adviceOnRefusal() string {
	switch {
	case f.Status == http.StatusTooManyRequests && f.Wait > 0:
		return fmt.Sprintf("too many requests; it asks to wait %s, so try again then, or use a mirror", f.Wait)
	case f.Status == http.StatusTooManyRequests:
		return "too many requests; try again later, or use a mirror"
	default:
		return "try again later"
	}
}

// IsTimeout reports whether a limit was exceeded.
func (f *Failure) IsTimeout() bool { return f.Limit > 0 }

// IsUnsent reports whether the server has seen nothing of the request.
func (f *Failure) IsUnsent() bool { return f.Kind <= NoConnection }

// MayPass reports whether the request may succeed when it is sent again. Whether it may be sent again is another question,
// which the caller answers.
func (f *Failure) MayPass() bool {
	switch f.Kind {
	case Unreachable, Untrusted, NoConnection, NoConfirmation:
		return false
	case Refused:
		return IsTransient(f.Status)
	default:
		return true
	}
}

// IsTransient reports whether a status tells of a failure that may pass.
func IsTransient(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// failureOf turns an error of net/http into a Failure.
func failureOf(host string, err error) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	var dial *net.OpError
	var distrust *tls.CertificateVerificationError
	switch {
	case errors.As(err, &distrust):
		return &Failure{Kind: Untrusted, Host: host, Err: distrust.Err}
	case errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect"), errors.Is(err, http.ErrSchemeMismatch):
		return &Failure{Kind: Unreachable, Host: host, Err: err}
	default:
		return &Failure{Kind: Broken, Host: host, Err: err}
	}
}
