package expression

import "fmt"

// Error says why GitLab refuses an expression, with "invalid expression syntax", or what it fails on with certain values. Where it fails,
// GitLab's own code raises an exception, and no pipeline starts.
type Error struct {
	// Offset is the place in the text, in bytes from 0.
	Offset int
	// Message says what is wrong there.
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("at offset %d: %s", e.Offset, e.Message) }

func errorAt(offset int, format string, args ...any) error {
	return &Error{Offset: offset, Message: fmt.Sprintf(format, args...)}
}
