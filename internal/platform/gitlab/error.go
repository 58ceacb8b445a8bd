package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Error is an unsuccessful answer of GitLab, or the lack of an answer. It has no secret.
type Error struct {
	// Request is the method and the path below the API's address.
	Request string
	// Status is the HTTP status; zero where no whole answer came.
	Status int
	// Message is what GitLab says, or why no answer came.
	Message string
	// Lost says that GitLab may have carried out the request: check that before you repeat it.
	Lost bool
	// Temporary says that GitLab, or the way to it, failed in a way that may pass by itself.
	Temporary bool
}

// Is tells errors.Is that a temporary error is a failure of something outside.
func (e *Error) Is(target error) bool { return target == outside.Err && e.Temporary }

// Error returns the message with the request that it answers.
func (e *Error) Error() string {
	answer := "GitLab did not answer"
	if e.Status != 0 {
		answer = fmt.Sprintf("GitLab answered %d", e.Status)
	}
	if e.Request != "" {
		answer += " to " + e.Request
	}
	return answer + ": " + e.Message
}

// Status returns the HTTP status of an error of this package, zero for all others.
func Status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// IsLost reports whether GitLab may have carried out a request although it answered with an error, or not at all.
func IsLost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Lost
}

// messageOf is what an error's body says: GitLab has several forms of it, and a proxy in front has its own.
func messageOf(body []byte, fallback string) string {
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		return fallback
	}
	if text := strings.Join(sentences(answer), "; "); text != "" {
		return shown(text)
	}
	return fallback
}

// maxMessage is how much of a message is shown, in bytes.
const maxMessage = 1000

// shown is the beginning of a text, of which parts may be a project's own, on one line.
func shown(text string) string {
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return terminal.Line(text)
}

// sentences are the texts of an error's body. The keys "message", "error" and "base" say nothing, others name a field.
func sentences(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var out []string
		for _, item := range value {
			out = append(out, sentences(item)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			for _, text := range sentences(value[key]) {
				if key != "message" && key != "error" && key != "base" {
					text = key + " " + text
				}
				out = append(out, text)
			}
		}
		return out
	default:
		return nil
	}
}
