package network

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Retries says how a request that failed is repeated.
type Retries struct {
	// Most is how often a request is sent in all; zero for as often as Patience allows.
	Most int
	// Pause is the first of the pauses between two tries, each of which is twice the one before.
	Pause time.Duration
	// Patience limits the time from the first try to the beginning of the last.
	Patience time.Duration
}

// Outcome is how a try ended. The zero Outcome ends the tries.
type Outcome struct {
	// Again says that the request may be sent again, after Wait where the server asks for that.
	Again bool
	Wait  time.Duration
	// IsTimeout says that a limit was exceeded. That takes long already, so it is tried only once more.
	IsTimeout bool
}

// Run calls try until its outcome ends the tries, or they have been enough, and returns how many there were. The error is that
// of a context that has ended.
func (r Retries) Run(ctx context.Context, try func() Outcome) (tries int, err error) {
	begun, pause, timeouts := time.Now(), r.Pause, 0
	for {
		outcome := try()
		tries++
		if err := ctx.Err(); err != nil {
			return tries, err
		}
		if outcome.IsTimeout {
			timeouts++
		}
		wait := max(pause, outcome.Wait)
		if !outcome.Again || timeouts > 1 || tries == r.Most || time.Since(begun)+wait > r.Patience {
			return tries, nil
		}
		if err := Pause(ctx, wait); err != nil {
			return tries, err
		}
		pause *= 2
	}
}

// Pause lets time pass, unless the context ends before.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// RetryAfter is how long a server asks to wait, in seconds or until a date; zero where it does not say.
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func RetryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(time.Until(date), 0).Round(time.Second)
	}
	return 0
}
