package local

// State tells how the work on an image ended.
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
	// isRunning and isWaiting are those of images without a result.
	isRunning State = "running"
	isWaiting State = "waiting"
)

// states are the states in the order of a summary.
var states = []State{isRunning, isWaiting, WasPushed, WasBuilt, WasTested, IsPublished, IsHere, HasFailed, WasSkipped, WasCancelled}

// inWords is the state in the words of a summary.
func (s State) inWords() string {
	if s == IsHere {
		return "on this machine"
	}
	return string(s)
}

// Result tells how the work on an image ended, and why.
type Result struct {
	Image string `json:"image"`
	State State  `json:"state"`
	// Note adds details, such as the tags that moved; it may be empty.
	Note string `json:"note,omitempty"`
	// Error is set for an image that failed. Because names the image whose failure skipped this one.
	Error   string `json:"error,omitempty"`
	Because string `json:"because,omitempty"`
	// Output has the last lines of the failed phase or tests.
	Output []string `json:"output,omitempty"`
	// Log is the log file of the image; empty if nothing was logged.
	Log     string  `json:"log,omitempty"`
	Seconds float64 `json:"seconds"`
	// isShown says that Progress has shown the result.
	isShown bool
}

// IsBad reports whether the work on the image failed, was skipped or was cancelled.
func (r Result) IsBad() bool {
	return r.State == HasFailed || r.State == WasSkipped || r.State == WasCancelled
}
