package network

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
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
	if f.Tries > 1 && f.Kind != Refused {
		text += fmt.Sprintf(", in %d tries", f.Tries)
	}
	if detail := f.detail(); detail != "" {
		text += ": " + detail
	}
	return text
}

// Is tells errors.Is that a failure is one of something outside, except where a server is as untrusted later.
func (f *Failure) Is(target error) bool {
	return target == outside.Err && f.Kind != Untrusted && !errors.Is(f.Err, http.ErrSchemeMismatch)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// texts say for each kind but Refused what happened, and what to do; without advice, the cause says that.
var texts = map[Kind]struct{ what, advice string }{
	Unreachable:    {what: "cannot connect to {host}"},
	Untrusted:      {what: "the certificate of {host} is not trusted"},
	NoConnection:   {"{host} did not accept a connection within {limit}", "check the address, the network and the proxy, or set connect in " + schema.VarTimeouts + " to more"},
	NoAnswer:       {"{host} accepted the request and did not answer within {limit}", "try again later, or set answer in " + schema.VarTimeouts + " to more"},
	NoConfirmation: {"{host} took the upload and did not confirm it within {limit}", "set upload in " + schema.VarTimeouts + " to more, such as upload=30m"},
	SlowAnswer:     {"{host} sent fewer than {bytes} bytes in {limit}", "check the network, or set stall in " + schema.VarTimeouts + " to more"},
	SlowUpload:     {"{host} took fewer than {bytes} bytes in {limit}", "check the network, or set stall in " + schema.VarTimeouts + " to more"},
	Broken:         {what: "{host} ended the connection before its answer was complete"},
	WrongDigest:    {what: "{host} sent content that does not match its digest"},
}

func (f *Failure) what() string {
	if f.Kind == Refused {
		return f.refusal()
	}
	fill := strings.NewReplacer("{host}", f.Host, "{limit}", f.Limit.String(), "{bytes}", strconv.FormatInt(leastBytes(f.Limit), 10))
	return fill.Replace(texts[f.Kind].what)
}

func (f *Failure) refusal() string {
	still, several := "", ""
	if f.Tries > 1 {
		still, several = "still ", " after several tries"
	}
	if f.Status == http.StatusTooManyRequests {
		return fmt.Sprintf("%s %srefuses%s because of too many requests (429)", f.Host, still, several)
	}
	return fmt.Sprintf("%s answered %d%s", f.Host, f.Status, several)
}

// detail is the cause, or what to do.
func (f *Failure) detail() string {
	advice := texts[f.Kind].advice
	switch {
	case f.Kind == Refused && f.Status == http.StatusTooManyRequests:
		return f.busy()
	case advice == "" && f.Err != nil:
		return f.Err.Error()
	default:
		return advice
	}
}

func (f *Failure) busy() string {
	if f.Wait > 0 {
		return fmt.Sprintf("it asks to wait for %s; try again then, or use a mirror", f.Wait)
	}
	return "try again later, or use a mirror"
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
		return outside.IsTemporary(f.Status)
	default:
		return true
	}
}

// failureOf turns an error of net/http into a Failure. It is known whether there was a connection.
func failureOf(host string, err error, isConnected bool) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	var dial *net.OpError
	var distrust *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &noTLS) && string(noTLS.RecordHeader[:]) == "HTTP/": // as http.Client says it, which sees no wrapped error
		return &Failure{Kind: Unreachable, Host: host, Err: http.ErrSchemeMismatch}
	case errors.As(err, &distrust):
		return &Failure{Kind: Untrusted, Host: host, Err: distrust.Err}
	case errors.As(err, &dial) && dial.Op == "dial", !isConnected && !isLost(err):
		return &Failure{Kind: Unreachable, Host: host, Err: err}
	default:
		return &Failure{Kind: Broken, Host: host, Err: err}
	}
}

// isLost reports whether a connection was lost, which may also happen while it is made.
func isLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
