package local

import "time"

// State is what became of an image.
type State string

// The states.
const (
	// IsPublished: its registry has it. IsHere: this machine has it, tested.
	IsPublished State = "published"
	IsHere      State = "here"
	// WasBuilt and WasTested: by this run. WasPushed: this run published it.
	WasBuilt  State = "built"
	WasTested State = "tested"
	WasPushed State = "pushed"
	// HasFailed, and WasSkipped because of another one that failed. WasCancelled: stopped, or not begun.
	HasFailed    State = "failed"
	WasSkipped   State = "skipped"
	WasCancelled State = "cancelled"
)

// Result is what became of an image, and why.
type Result struct {
	Image string
	State State
	// Note says more of it, such as the tags that were moved; it may be empty.
	Note string
	// Err is that of an image that failed, Because the image whose failure skipped this one.
	Err     error
	Because string
	// Log is the file of all that was printed about it; empty where nothing was.
	Log  string
	Took time.Duration
}

// IsBad reports whether the image is not as it was asked for.
func (r Result) IsBad() bool {
	return r.State == HasFailed || r.State == WasSkipped || r.State == WasCancelled
}
