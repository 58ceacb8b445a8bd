package expression

import "fmt"

// SyntaxError says why GitLab refuses an expression, with "invalid expression syntax".
type SyntaxError struct {
	// Offset is the place in the text, in bytes from 0.
	Offset int
	// Message says what is wrong there.
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at offset %d: %s", e.Offset, e.Message) }

func syntaxError(offset int, format string, args ...any) error {
	return &SyntaxError{Offset: offset, Message: fmt.Sprintf(format, args...)}
}

// EvaluationError is a failure on certain values. GitLab's own code raises an exception there, and no pipeline starts.
type EvaluationError struct {
	// Offset is the place of the operator in the text, in bytes from 0.
	Offset int
	// Message says which value the operator cannot take.
	Message string
}

func (e *EvaluationError) Error() string { return fmt.Sprintf("at offset %d: %s", e.Offset, e.Message) }

func evaluationError(offset int, format string, args ...any) error {
	return &EvaluationError{Offset: offset, Message: fmt.Sprintf(format, args...)}
}
